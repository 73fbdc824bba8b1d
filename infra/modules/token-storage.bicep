// The storage account of the tokens, with nothing else in it: one private container of sealed sessions.

@minLength(3)
@maxLength(24)
param name string
param location string
param tags object
param skuName string

@description('identity: shared keys are off, and the app has a role on the container. sas: shared keys are on, as a container SAS needs one.')
@allowed([
  'identity'
  'sas'
])
param access string

@description('No session lives longer, so no blob outside keyring/ is of use longer after its last change.')
param sessionMaxHours int

@description('Principal of the identity that reads and writes the tokens.')
param principalId string

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage#storage-blob-data-contributor
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

// Whole days, rounded up, and a week to spare.
var uselessAfterDays = (sessionMaxHours + 23) / 24 + 7

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: access == 'sas'
    defaultToOAuthAuthentication: true
    allowCrossTenantReplication: false
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Allow'
      bypass: 'None'
    }
  }
}

// Neither versions nor soft delete of blobs: both would keep the tokens of everyone who has signed out, and a copy of
// every session at every refresh, since an overwrite counts as a deletion
// (https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview#how-overwrites-are-handled-when-soft-delete-is-enabled).
// A container deleted by mistake, and the key ring with it, can be brought back for two weeks.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: false
    deleteRetentionPolicy: {
      enabled: false
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 14
    }
  }
}

resource tokens 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'tokens'
  properties: {
    publicAccess: 'None'
  }
}

// The backstop for what is left behind where the app may not delete: blobs overwritten with a tombstone, and done
// markers. A rule sees age and name only, so it waits until no session of that age can be alive. Not matched, ever:
// keyring/, without which nothing can be opened, and agenda/watermark (markers begin with the year).
// https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
resource cleaning 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'past-every-session'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                '${tokens.name}/agenda/2'
                '${tokens.name}/sessions/'
                '${tokens.name}/users/'
              ]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: uselessAfterDays
                }
              }
            }
          }
        }
      ]
    }
  }
}

// On the container, not on the account. With a SAS the identity has no business here.
resource usesTokens 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (access == 'identity') {
  name: guid(tokens.id, principalId, storageBlobDataContributor)
  scope: tokens
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

output name string = account.name
output containerUri string = '${account.properties.primaryEndpoints.blob}${tokens.name}'
