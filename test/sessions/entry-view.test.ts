import { expect, it } from 'vitest';
import { claimType, idTokenClaimTypes } from '../../shared/providers/claim-types.ts';
import { claimViews } from '../../shared/sessions/claims.ts';
import { entryView, type ViewRules } from '../../shared/sessions/entry-view.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import type { Entry } from '../../shared/token-store/session.ts';

const issuedAt = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000;
const entry: Entry = {
  issuer: 'https://issuer.example',
  subject: '1',
  claims: { sub: '1' },
  accessToken: new Secret('access_token', 'the access token'),
  idToken: new Secret('id_token', 'the id token'),
  refreshToken: new Secret('refresh_token', 'the refresh token'),
  issuedAt,
  expiresAt: issuedAt + 3600,
  refreshAt: issuedAt + 3000,
  failures: 0,
  history: [{ at: issuedAt, by: 'sweep' }],
};
const all = ['access_token', 'id_token', 'refresh_token'] as const;
const types = { types: idTokenClaimTypes };

/** The entry as somebody sees it to whom these tokens are exposed. */
function shown(one: Entry, exposed: ViewRules['exposed'] = all, token: ViewRules['token'] = one) {
  return entryView('demo', one, { userId: 'somebody', claimTypes: types, legacyClaims: true, exposed, token });
}

it('shows the members of the contract in alphabetical order', () => {
  const names = Object.keys(shown(entry));
  expect(names).toEqual(names.toSorted());
  expect(names).toEqual([
    'access_token',
    'expires_on',
    'id_token',
    'provider_name',
    'refresh_state',
    'refresh_token',
    'refreshable',
    'user_claims',
    'user_id',
  ]);
});

it('writes times as .NET does, with seven fractional digits', () => {
  expect(shown(entry)).toMatchObject({
    expires_on: '2026-01-02T04:04:05.0000000Z',
    refresh_state: {
      issued_on: '2026-01-02T03:04:05.0000000Z',
      due_on: '2026-01-02T03:54:05.0000000Z',
      history: [{ on: '2026-01-02T03:04:05.0000000Z', by: 'sweep' }],
    },
  });
});

it.each([
  [[], []],
  [['access_token'], ['the access token']],
  [
    ['id_token', 'refresh_token'],
    ['the id token', 'the refresh token'],
  ],
] as const)('shows only the tokens that are exposed: %j', (exposed, visible) => {
  const text = JSON.stringify(shown(entry, exposed));
  for (const token of ['the access token', 'the id token', 'the refresh token']) {
    expect(text.includes(token)).toBe((visible as readonly string[]).includes(token));
  }
});

it('leaves out what there is not', () => {
  const { idToken: _, refreshToken: __, expiresAt: ___, refreshAt: ____, ...bare } = entry;
  const view = shown(bare);
  expect(Object.keys(view)).toEqual([
    'access_token',
    'provider_name',
    'refresh_state',
    'refreshable',
    'user_claims',
    'user_id',
  ]);
  expect(view.refreshable).toBe(false);
});

it('says why tokens are not renewed any more', () => {
  const view = shown({ ...entry, dead: { at: issuedAt, reason: 'invalid_grant' } });
  expect(view.refreshable).toBe(false);
  expect(view.refresh_state.refused).toEqual({ on: '2026-01-02T03:04:05.0000000Z', reason: 'invalid_grant' });
});

it('shows the secret of an OAuth 1.0a token where access tokens are shown', () => {
  const withSecret = { ...entry, accessTokenSecret: new Secret('access_token_secret', 'the token secret') };
  expect(shown(withSecret)).toMatchObject({ access_token_secret: 'the token secret' });
  expect(JSON.stringify(shown(withSecret, ['id_token']))).not.toContain('the token secret');
});

it('shows the token for a further resource with its own expiry, or none', () => {
  const target = { accessToken: new Secret('access_token', 'for the other'), issuedAt, expiresAt: issuedAt + 60 };
  expect(shown(entry, all, target)).toMatchObject({
    access_token: 'for the other',
    expires_on: '2026-01-02T03:05:05.0000000Z',
  });
  const without = entryView('demo', entry, {
    userId: 'somebody',
    claimTypes: types,
    legacyClaims: true,
    exposed: all,
    token: undefined,
  });
  expect(without).not.toHaveProperty('access_token');
  expect(without).not.toHaveProperty('expires_on');
});

it('shows claims as text, arrays as repeated claims, objects as JSON, in the order of the token', () => {
  const claims = {
    aud: 'app',
    email_verified: true,
    iat: 1475872495,
    groups: ['a', 'b'],
    address: { country: 'NO' },
    none: null,
  };
  expect(claimViews(claims, types, true)).toEqual([
    { typ: 'aud', val: 'app' },
    { typ: 'email_verified', val: 'true' },
    { typ: 'iat', val: '1475872495' },
    { typ: 'groups', val: 'a' },
    { typ: 'groups', val: 'b' },
    { typ: 'address', val: '{"country":"NO"}' },
  ]);
});

it('gives the claims that have one their long name', () => {
  const typ = (name: string) => claimViews({ [name]: 'x' }, types, true)[0]?.typ;
  expect(typ('sub')).toBe('http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier');
  expect(typ('email')).toBe('http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress');
  expect(typ('oid')).toBe('http://schemas.microsoft.com/identity/claims/objectidentifier');
  expect(typ('name')).toBe('name');
});

it('puts the prefix of a provider before the names that have no long one', () => {
  const github = { types: { id: claimType.nameIdentifier }, prefix: 'urn:github:' };
  expect(claimViews({ id: 7, login: 'ada' }, github, true)).toEqual([
    { typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier', val: '7' },
    { typ: 'urn:github:login', val: 'ada' },
  ]);
});

it('is not confused by a claim that is named like a member of every object', () => {
  expect(claimViews({ constructor: 'x' }, types, true)).toEqual([{ typ: 'constructor', val: 'x' }]);
});

it('names roles as .NET looks them up where the modern mapping is set, and as the token does where not', () => {
  const typ = (legacy: boolean) => claimViews({ roles: ['Admin'] }, types, legacy)[0]?.typ;
  expect(typ(true)).toBe('roles');
  expect(typ(false)).toBe('http://schemas.microsoft.com/ws/2008/06/identity/claims/role');
});
