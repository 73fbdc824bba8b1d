import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { machine } from '../../shared/platform.ts';
import { refreshedEntry } from '../../shared/refresh/refreshed-entry.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { aSession } from '../token-store/sessions.ts';

const now = 1_800_000_000;
const idToken = async (claims: Record<string, unknown>) =>
  new Secret('id_token', await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32)));
const accessToken = new Secret('access_token', 'a');

/** An entry whose ID token stated these claims, and userinfo an address. */
async function entryWith(claims: Record<string, unknown>) {
  const entry = aSession(now * 1000).entries['demo'] ?? expect.fail('there is no entry');
  return { ...entry, idToken: await idToken(claims), claims: { address: 'here', ...claims } };
}

it('a role that the new ID token states no more is gone', async () => {
  const entry = await entryWith({ sub: 'ada', roles: ['Admin'] });
  const claims = { sub: 'ada' };
  const result = { ok: true, tokens: { accessToken, idToken: await idToken(claims) }, claims } as const;
  expect(refreshedEntry(entry, result, now, 'sweep', machine.random).claims).toEqual({ address: 'here', sub: 'ada' });
});

it('without a new ID token all claims stay', async () => {
  const entry = await entryWith({ sub: 'ada', roles: ['Admin'] });
  const result = { ok: true, tokens: { accessToken } } as const;
  expect(refreshedEntry(entry, result, now, 'sweep', machine.random).claims).toEqual(entry.claims);
});
