// The key vault: the two keys that root the key ring, and the secrets that app settings refer to.

@minLength(3)
@maxLength(24)
param name string
param location string
param tags object

@description('Principal of the identity that uses the keys.')
param principalId string

@description('Whether app settings refer to secrets of this vault.')
param readsSecrets bool

@description('Log Analytics workspace for the audit log.')
param workspaceId string

// https://learn.microsoft.com/azure/key-vault/general/rbac-guide#azure-built-in-roles-for-key-vault-data-plane-operations
var keyVaultCryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424'
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

// Whoever deletes the wrapping key for good deletes every stored token: hence purge protection, which cannot be turned
// off again, and the longest time to recover a deleted vault or key. The network stays open, as Key Vault references of
// Flex Consumption need it (https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#considerations).
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Allow'
      bypass: 'AzureServices'
    }
  }
}

// A deployment makes the first version of a key and leaves an existing key alone, so deploying again is harmless
// (https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/create-if-not-exist).

// Wraps the content key of each key-ring epoch: RSA-OAEP-256.
resource wrapKey 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  parent: vault
  name: 'tokenkeep-wrap'
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: [
      'wrapKey'
      'unwrapKey'
    ]
  }
}

// Signs each key-ring epoch: ES256.
resource signKey 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  parent: vault
  name: 'tokenkeep-sign'
  properties: {
    kty: 'EC'
    curveName: 'P-256'
    keyOps: [
      'sign'
      'verify'
    ]
  }
}

// Read, wrap, unwrap, sign and verify; neither create nor delete.
resource usesKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, keyVaultCryptoUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultCryptoUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource readsSecretValues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (readsSecrets) {
  name: guid(vault.id, principalId, keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// Who used which key, and when: a few lines an hour.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

output name string = vault.name
output url string = vault.properties.vaultUri
output wrapKeyName string = wrapKey.name
output signKeyName string = signKey.name
