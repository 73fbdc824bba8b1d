// The function app on a Flex Consumption plan
// (https://learn.microsoft.com/azure/azure-functions/functions-infrastructure-as-code?pivots=flex-consumption-plan).

param name string
param planName string
param location string
param tags object

@description('Resource id of the identity that the app and its host run with.')
param identityId string
@description('Client id of the same identity.')
param identityClientId string

param nodeVersion string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyHttpInstances int

@description('Storage account of the Functions host.')
param hostStorageName string
@description('URL of the container for the deployment package.')
param packageContainerUri string
@description('Application Insights connection string. It says where telemetry goes; the identity is what lets it in.')
param monitoringConnectionString string

param vaultUrl string
param vaultName string
param wrapKeyName string
param signKeyName string

@description('Empty: https and the app\'s own host name.')
param publicUrl string
param sessionMaxHours int
@description('Origins of other sites whose pages may call the app.')
param allowedOrigins array
@description('The app behind the gateway; empty: none.')
param upstream string

@description('App settings to take from secrets of the vault: { <app setting>: <secret> }.')
param secretSettings object
@description('Further app settings: { <app setting>: <value> }.')
param extraSettings object

// FUNCTIONS_WORKER_RUNTIME, FUNCTIONS_EXTENSION_VERSION, WEBSITE_RUN_FROM_PACKAGE and the build settings have no place on
// Flex Consumption (https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations).
// The platform itself sets WEBSITE_HOSTNAME, IDENTITY_ENDPOINT and IDENTITY_HEADER.
var settings = {
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: monitoringConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AZURE_CLIENT_ID: identityClientId
  TOKENKEEP_VAULT_URL: vaultUrl
  TOKENKEEP_WRAP_KEY: wrapKeyName
  TOKENKEEP_SIGN_KEY: signKeyName
  TOKENKEEP_SESSION_MAX_HOURS: string(sessionMaxHours)
}
var allowedOriginsSetting = empty(allowedOrigins) ? {} : { TOKENKEEP_ALLOWED_ORIGINS: join(allowedOrigins, ',') }
var upstreamSetting = empty(upstream) ? {} : { TOKENKEEP_UPSTREAM: upstream }
var publicUrlSetting = empty(publicUrl) ? {} : { TOKENKEEP_PUBLIC_URL: publicUrl }

// Key Vault references: https://learn.microsoft.com/azure/app-service/app-service-key-vault-references. Without a version
// the app follows a new secret within a day.
var secretReferences = toObject(
  items(secretSettings),
  setting => setting.key,
  setting => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${setting.value})'
)

var alwaysReadyHttp = [
  {
    name: 'http'
    instanceCount: alwaysReadyHttpInstances
  }
]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

// There is no ftpsState in siteConfig: Flex Consumption has no FTPS, and where it checks, it refuses even to be told so
// (https://github.com/Azure/azure-cli/issues/31414). The policy named ftp below closes what is left of it.
resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'tokenkeep' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      // On this plan the host answers preflights by this list before the app is asked, even where it is empty
      // (https://github.com/Azure/azure-functions-host/issues/9012).
      cors: {
        allowedOrigins: allowedOrigins
        supportCredentials: !empty(allowedOrigins)
      }
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttpInstances == 0 ? [] : alwaysReadyHttp
      }
    }
  }
}

// The settings that stand here are all there are: one set by hand is gone after the next deployment.
resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, publicUrlSetting, allowedOriginsSetting, upstreamSetting, secretReferences, extraSettings)
}

// The platform's own authentication ("Easy Auth") stays off: it would answer /.auth itself, before the app.
resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: false
    }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
  }
  dependsOn: [
    appSettings
  ]
}

// No user names and passwords for publishing: Core Tools, az and azd come with an Entra token
// (https://learn.microsoft.com/azure/app-service/configure-basic-auth-disable).
resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
  dependsOn: [
    authentication
  ]
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
  dependsOn: [
    ftpPublishing
  ]
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
