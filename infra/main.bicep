// Tokenkeep on Azure: a function app on Flex Consumption with a managed identity, storage for the Functions host,
// storage for the tokens, a key vault with the two keys that root the key ring, and monitoring.
// How to deploy it: docs/guides/deploy.md.
targetScope = 'resourceGroup'

@description('Tells environments of one resource group apart; part of every generated name.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region. It must offer Flex Consumption: az functionapp list-flexconsumption-locations.')
param location string = resourceGroup().location

@description('Name of the function app, unique in the world: its host name begins with it.')
@minLength(2)
@maxLength(60)
param appName string = 'tokenkeep-${uniqueString(resourceGroup().id, environmentName)}'

@description('Name of the key vault, unique in the world.')
@minLength(3)
@maxLength(24)
param vaultName string = 'kv-tk-${uniqueString(resourceGroup().id, environmentName)}'

// A version that the region does not offer is accepted here and breaks the app when it starts, without saying why
// (https://github.com/Azure/Azure-Functions/issues/2666), so look it up first:
// az functionapp list-flexconsumption-runtimes --location <region> --runtime node
@description('Version of Node.js: 24, or 22 where the region does not offer 24 yet.')
param nodeVersion string = '24'

// 512 is documented too, but this API version refuses it: https://github.com/Azure/azure-rest-api-specs/issues/40898.
@description('Memory of one instance, in MB.')
@allowed([
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('Instances that each group of functions may scale out to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Instances for HTTP that never sleep, against cold starts; they cost while idle.')
@minValue(0)
@maxValue(100)
param alwaysReadyHttpInstances int = 0

@description('Origin that browsers see, such as https://auth.example.com. Empty: https and the app\'s own host name.')
param publicUrl string = ''

@description('No session lives longer than this many hours, however often it is renewed.')
@minValue(1)
@maxValue(8760)
param sessionMaxHours int = 720

@description('Origins of other sites whose pages may call the app, such as https://spa.example.com; never *.')
param allowedOrigins array = []

@description('The app behind the gateway, such as https://app.example.com; empty: no gateway.')
param upstream string = ''

@description('How the app reaches the token container: by its identity, or by a container SAS kept in the vault.')
@allowed([
  'identity'
  'sas'
])
param tokenContainerAccess string = 'identity'

@description('Redundancy of the token storage. Standard_ZRS outlives a datacenter, where the region has zones.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
  'Standard_GZRS'
])
param tokenStorageSku string = 'Standard_LRS'

// Names, not values: the secrets are put into the vault by hand and never pass through a deployment.
@description('App settings to take from secrets of the vault: { <app setting>: <secret> }.')
param secretSettings object = {}

@description('Further app settings that are not secret: { <app setting>: <value> }.')
param extraSettings object = {}

var token = uniqueString(resourceGroup().id, environmentName)
var tags = {
  'azd-env-name': environmentName
}

// In SAS mode the container SAS URL is one more secret of the vault.
var sasSetting = tokenContainerAccess == 'sas' ? { WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: 'token-container-sas' } : {}
var allSecretSettings = union(sasSetting, secretSettings)

module identity 'modules/identity.bicep' = {
  name: 'tokenkeep-identity'
  params: {
    name: 'id-tokenkeep-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'tokenkeep-monitoring'
  params: {
    workspaceName: 'log-tokenkeep-${token}'
    componentName: 'appi-tokenkeep-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  name: 'tokenkeep-host-storage'
  params: {
    name: 'sttkhost${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module tokenStorage 'modules/token-storage.bicep' = {
  name: 'tokenkeep-token-storage'
  params: {
    name: 'sttkdata${token}'
    location: location
    tags: tags
    skuName: tokenStorageSku
    access: tokenContainerAccess
    sessionMaxHours: sessionMaxHours
    principalId: identity.outputs.principalId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'tokenkeep-vault'
  params: {
    name: vaultName
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    readsSecrets: !empty(allSecretSettings)
    workspaceId: monitoring.outputs.workspaceId
  }
}

// The roles above are part of the modules that this one depends on, so they exist before the app first starts.
module app 'modules/app.bicep' = {
  name: 'tokenkeep-app'
  params: {
    name: appName
    planName: 'plan-tokenkeep-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
    hostStorageName: hostStorage.outputs.name
    packageContainerUri: hostStorage.outputs.packageContainerUri
    monitoringConnectionString: monitoring.outputs.connectionString
    vaultUrl: vault.outputs.url
    vaultName: vault.outputs.name
    wrapKeyName: vault.outputs.wrapKeyName
    signKeyName: vault.outputs.signKeyName
    publicUrl: publicUrl
    sessionMaxHours: sessionMaxHours
    allowedOrigins: allowedOrigins
    upstream: upstream
    secretSettings: allSecretSettings
    extraSettings: extraSettings
  }
}

@description('Name of the function app, for func azure functionapp publish.')
output TOKENKEEP_APP_NAME string = app.outputs.name

@description('Where the app answers.')
output TOKENKEEP_APP_URL string = app.outputs.url

@description('For login.tokenStore.azureBlobStorage.blobContainerUri in auth.json, where the identity reaches it.')
output TOKENKEEP_TOKEN_CONTAINER_URI string = tokenStorage.outputs.containerUri

@description('The storage account of the tokens, for making a container SAS.')
output TOKENKEEP_TOKEN_STORAGE_NAME string = tokenStorage.outputs.name

@description('Where the secrets go.')
output TOKENKEEP_VAULT_NAME string = vault.outputs.name
