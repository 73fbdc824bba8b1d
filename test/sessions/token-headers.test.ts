import { expect, it } from 'vitest';
import { entryView } from '../../shared/sessions/entry-view.ts';
import { tokenHeaders } from '../../shared/sessions/principal-headers.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import type { Entry } from '../../shared/token-store/session.ts';

const bare = { issuer: 'i', subject: '1', claims: {}, issuedAt: 0, failures: 0, history: [] } satisfies Entry;
const accessToken = new Secret('access_token', 'access');
const idToken = new Secret('id_token', 'id');
const refreshToken = new Secret('refresh_token', 'refresh');
const accessTokenSecret = new Secret('access_token_secret', 'secret');

/** The names of the headers for an entry of which everything is exposed. */
function namesFor(provider: string, entry: Entry): string[] {
  const exposed = ['access_token', 'id_token', 'refresh_token'] as const;
  const rules = { userId: 'u', claimTypes: { types: {} }, legacyClaims: true, exposed, token: entry };
  return Object.keys(tokenHeaders(entryView(provider, entry, rules))).toSorted();
}

it.each([
  ['aad', { accessToken, idToken, refreshToken, expiresAt: 60 }, 'access-token expires-on id-token refresh-token'],
  ['google', { accessToken, idToken, refreshToken, expiresAt: 60 }, 'access-token expires-on id-token refresh-token'],
  ['facebook', { accessToken, expiresAt: 60 }, 'access-token expires-on'],
  ['twitter', { accessToken, accessTokenSecret }, 'access-token access-token-secret'],
  ['github', { accessToken }, 'access-token'],
  ['contoso', { accessToken, idToken, refreshToken, expiresAt: 60 }, 'access-token expires-on id-token refresh-token'],
])('the tokens of %s are in the headers that App Service has for them', (provider, tokens, kinds) => {
  const expected = kinds.split(' ').map((kind) => `x-ms-token-${provider}-${kind}`);
  expect(namesFor(provider, { ...bare, ...tokens })).toEqual(expected);
});
