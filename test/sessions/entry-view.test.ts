import { expect, it } from 'vitest';
import { claimViews } from '../../shared/sessions/claims.ts';
import { entryView } from '../../shared/sessions/entry-view.ts';
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

it('shows the members of the contract in alphabetical order', () => {
  const names = Object.keys(entryView('demo', entry, 'somebody', all));
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
  expect(entryView('demo', entry, 'somebody', all)).toMatchObject({
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
] as const)('shows only the tokens that are exposed: %j', (exposed, shown) => {
  const text = JSON.stringify(entryView('demo', entry, 'somebody', exposed));
  for (const token of ['the access token', 'the id token', 'the refresh token']) {
    expect(text.includes(token)).toBe((shown as readonly string[]).includes(token));
  }
});

it('leaves out what there is not', () => {
  const { idToken: _, refreshToken: __, expiresAt: ___, refreshAt: ____, ...bare } = entry;
  const view = entryView('demo', bare, 'somebody', all);
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
  const view = entryView('demo', { ...entry, dead: { at: issuedAt, reason: 'invalid_grant' } }, 'somebody', all);
  expect(view.refreshable).toBe(false);
  expect(view.refresh_state.refused).toEqual({ on: '2026-01-02T03:04:05.0000000Z', reason: 'invalid_grant' });
});

it('shows claims as text, arrays as repeated claims, objects as JSON, in the order of the token', () => {
  expect(
    claimViews({
      aud: 'app',
      email_verified: true,
      iat: 1475872495,
      groups: ['a', 'b'],
      address: { country: 'NO' },
      none: null,
    }),
  ).toEqual([
    { typ: 'aud', val: 'app' },
    { typ: 'email_verified', val: 'true' },
    { typ: 'iat', val: '1475872495' },
    { typ: 'groups', val: 'a' },
    { typ: 'groups', val: 'b' },
    { typ: 'address', val: '{"country":"NO"}' },
  ]);
});

it('gives the claims that have one their long name', () => {
  const typ = (name: string) => claimViews({ [name]: 'x' })[0]?.typ;
  expect(typ('sub')).toBe('http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier');
  expect(typ('email')).toBe('http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress');
  expect(typ('oid')).toBe('http://schemas.microsoft.com/identity/claims/objectidentifier');
  expect(typ('name')).toBe('name');
});
