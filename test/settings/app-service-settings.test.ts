import { expect, it } from 'vitest';
import { load } from './example.ts';

/** App settings of App Service that mean nothing here, each with a value that means something there. */
const notHeeded = {
  WEBSITE_AUTH_ENABLED: 'True',
  WEBSITE_AUTH_ENCRYPTION_KEY: 'ab'.repeat(32),
  WEBSITE_AUTH_RUNTIME_VERSION: '~1',
  WEBSITE_AUTH_TOKEN_STORE: 'False',
  WEBSITE_AUTH_STATE_DIRECTORY: '/home/data/.auth',
  WEBSITE_AUTH_VALIDATE_NONCE: 'False',
  WEBSITE_AUTH_PRESERVE_URL_FRAGMENT: 'True',
  WEBSITE_AUTH_DISABLE_IDENTITY_FLOW: 'True',
  WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE: 'True',
  WEBSITE_AUTH_TRACE_LEVEL: 'Off',
  WEBSITE_AUTH_MOBILE_COMPAT: 'False',
  WEBSITE_AUTH_REQUIRE_HTTPS: 'False',
  WEBSITE_AUTH_AAD_BYPASS_SINGLE_TENANCY_CHECK: 'True',
  WEBSITE_AUTH_CUSTOM_IDPS: '{}',
  WEBSITE_AUTH_FROM_FILE: 'True',
  WEBSITE_AUTH_CONFIG_DIR: '/home/site/wwwroot',
  WEBSITE_AUTH_LOGOUT_PATH: '/sign-out',
  WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES: 'user_impersonation',
};

it.each(Object.entries(notHeeded))('%s changes nothing, nor does it stop the start', (name, value) => {
  expect(load({ [name]: value })).toEqual(load());
});
