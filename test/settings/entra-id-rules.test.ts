import { describe, expect, it } from 'vitest';
import { load, problems } from './example.ts';

const document = (validation: object) => ({
  identityProviders: {
    azureActiveDirectory: {
      registration: {
        openIdIssuer: 'https://login.microsoftonline.com/AAAABBBB-0000-CCCC-1111-DDDD2222EEEE/v2.0',
        clientId: 'id',
      },
      validation,
    },
  },
});
const allowed = (validation: object) => {
  const [provider] = load({}, document(validation)).providers;
  return provider?.kind === 'entra-id' ? provider.allowed : undefined;
};

describe('who may sign in', () => {
  it.each([{}, { jwtClaimChecks: {} }, { defaultAuthorizationPolicy: { allowedPrincipals: {} } }])(
    'is not restricted by %j',
    (validation) => expect(allowed(validation)).toEqual({}),
  );

  it('is nobody by a list of jwtClaimChecks that is there and empty', () => {
    expect(allowed({ jwtClaimChecks: { allowedGroups: [] } })).toEqual({ groups: [] });
    expect(allowed({ jwtClaimChecks: { allowedClientApplications: [] } })).toEqual({ applications: [] });
  });

  it('is not restricted by empty lists of the policy, as Microsoft documents them', () => {
    const policy = { allowedApplications: [], allowedPrincipals: { groups: [], identities: [] } };
    expect(allowed({ defaultAuthorizationPolicy: policy })).toEqual({});
  });

  it('is what the lists have', () => {
    expect(allowed({ jwtClaimChecks: { allowedGroups: ['g'], allowedClientApplications: ['a'] } })).toEqual({
      groups: ['g'],
      applications: ['a'],
    });
    const policy = { allowedApplications: ['a'], allowedPrincipals: { groups: ['g'], identities: ['i'] } };
    expect(allowed({ defaultAuthorizationPolicy: policy })).toEqual({
      groups: ['g'],
      identities: ['i'],
      applications: ['a'],
    });
  });

  it('is, of applications in two lists, those in both', () => {
    const jwtClaimChecks = { allowedClientApplications: ['a', 'b'] };
    const both = (allowedApplications: string[]) =>
      allowed({ jwtClaimChecks, defaultAuthorizationPolicy: { allowedApplications } });
    expect(both(['b', 'c'])).toEqual({ applications: ['b'] });
    expect(both(['c'])).toEqual({ applications: [] });
    expect(both([])).toEqual({ applications: ['a', 'b'] });
  });

  it.each([{ groups: ['h'] }, { identities: ['i'] }])('cannot be said twice: groups, and %j', (allowedPrincipals) => {
    const validation = { jwtClaimChecks: { allowedGroups: ['g'] }, defaultAuthorizationPolicy: { allowedPrincipals } };
    expect(problems({}, document(validation))).toEqual([expect.stringContaining('not both')]);
  });
});

it.each(['contoso.com', 'contoso.onmicrosoft.com', ''])('the tenant is not named by a domain: %j', (tenant) => {
  const wrong = document({});
  wrong.identityProviders.azureActiveDirectory.registration.openIdIssuer = `https://login.microsoftonline.com/${tenant}`;
  expect(problems({}, wrong)).toEqual([expect.stringContaining('expected an issuer with the id of the tenant')]);
});

describe('app settings that restrict who may sign in', () => {
  it.each(['aaaabbbb-0000-cccc-1111-dddd2222eeee', 'other, AAAABBBB-0000-CCCC-1111-DDDD2222EEEE'])(
    'may allow the tenant of the issuer: %s',
    (tenants) => {
      expect(load({ WEBSITE_AUTH_AAD_ALLOWED_TENANTS: tenants }, document({})).providers).toHaveLength(1);
    },
  );

  it('cannot allow other tenants only', () => {
    expect(problems({ WEBSITE_AUTH_AAD_ALLOWED_TENANTS: 'other' }, document({}))).toEqual([
      'WEBSITE_AUTH_AAD_ALLOWED_TENANTS: found other tenants, expected the tenant of openIdIssuer: users of no other can sign in',
    ]);
  });

  it('mean nothing without Entra ID', () => {
    expect(problems({ WEBSITE_AUTH_AAD_ALLOWED_TENANTS: 'other' })).toEqual([]);
  });

  it.each(['WEBSITE_AUTH_AAD_CLAIMS_AUTHORIZATION', 'WEBSITE_AUTH_CUSTOM_AUTHZ_SETTINGS'])(
    'are not passed over: %s',
    (name) => {
      expect(problems({ [name]: '{"allowed_groups":["g"]}' })).toEqual([
        `${name}: found a rule that is not read here, expected it in auth.json, as validation of a provider`,
      ]);
    },
  );
});
