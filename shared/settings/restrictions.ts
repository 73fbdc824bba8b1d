import type { AuthJson } from './auth-json.ts';
import type { SettingValues } from './environment.ts';
import type { Problem } from './problems.ts';

/** Rules about who may sign in, in a form that only App Service reads. Not to heed them would let more people in. */
const unread = ['WEBSITE_AUTH_AAD_CLAIMS_AUTHORIZATION', 'WEBSITE_AUTH_CUSTOM_AUTHZ_SETTINGS'];

/** App settings that restrict who may sign in, and cannot be heeded, are problems. */
export function checkRestrictions(auth: AuthJson, values: SettingValues, problems: Problem[]): void {
  for (const path of unread.filter((name) => values.has(name))) {
    problems.push({
      path,
      found: 'a rule that is not read here',
      expected: 'it in auth.json, as validation of a provider',
    });
  }
  const path = 'WEBSITE_AUTH_AAD_ALLOWED_TENANTS';
  const tenants = values.get(path)?.toLowerCase().split(',') ?? [];
  const issuer = auth.identityProviders.azureActiveDirectory?.registration.openIdIssuer.toLowerCase() ?? '';
  const isKept = tenants.some((tenant) => issuer.split('/').includes(tenant.trim()));
  if (tenants.length > 0 && issuer !== '' && !isKept) {
    const expected = 'the tenant of openIdIssuer: users of no other can sign in';
    problems.push({ path, found: 'other tenants', expected });
  }
}
