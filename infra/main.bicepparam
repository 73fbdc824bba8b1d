// Copy this file for an environment of your own, or keep it: azd fills in what it knows.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'tokenkeep')

// The origin that browsers see, once a domain of your own points to the app.
param publicUrl = readEnvironmentVariable('TOKENKEEP_PUBLIC_URL', '')

// One line a client secret that auth.json names: the app setting, and the secret in the vault that holds its value.
param secretSettings = {
  DEMO_PROVIDER_AUTHENTICATION_SECRET: 'demo-provider-secret'
}
