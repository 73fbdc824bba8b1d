import { createLocalJWKSet, createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keys } from '../../shared/endpoints/keys.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';

let local: LocalApp;
let token: string;
beforeAll(async () => {
  local = await localApp();
  const { cookie } = await signedIn(local);
  token = cookie.slice(cookie.indexOf('=') + 1);
});
afterAll(() => local.close());

type KeySet = Parameters<typeof createLocalJWKSet>[0];

async function keySet(): Promise<KeySet> {
  return (await (await local.fetch('/.auth/keys')).json()) as KeySet;
}

it('lets a JOSE library verify a session token knowing nothing but the address', async () => {
  const keys = createRemoteJWKSet(new URL(`${origin}/.auth/keys`), {
    [customFetch]: (url) => local.fetch(new URL(url).pathname),
  });
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: `${origin}/`, audience: `${origin}/` });
  expect(payload['stable_sid']).toMatch(/^sid:[\da-f]{32}$/);
  expect(protectedHeader.alg).toBe('ES256');
});

it('shows public keys for signatures, and no more of them', async () => {
  const { keys } = await keySet();
  expect(keys).toEqual([
    {
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: '000001',
      x: expect.stringMatching(/^[\w-]{43}$/),
      y: expect.stringMatching(/^[\w-]{43}$/),
    },
  ]);
});

it('may be kept for a while by anybody, and read by scripts of any origin', async () => {
  const { status, headers } = await local.fetch('/.auth/keys');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('cache-control')).toBe('public, max-age=300');
  expect(headers.get('access-control-allow-origin')).toBe('*');
});

it('keeps the old key and adds the new one when the ring is rotated', async () => {
  const [before] = (await keySet()).keys;
  await local.app.ring.rotate();
  const after = (await keySet()).keys;
  expect(after.map(({ kid }) => kid)).toEqual(['000001', '000002']);
  expect(after[0]).toEqual(before);
  expect(after[1]?.x).not.toBe(before?.x);

  const { cookie } = await signedIn(local);
  const keys = createLocalJWKSet({ keys: after });
  expect((await jwtVerify(cookie.slice(cookie.indexOf('=') + 1), keys)).protectedHeader.kid).toBe('000002');
  expect((await jwtVerify(token, keys)).protectedHeader.kid).toBe('000001');
});

it('shows a key as soon as another instance signs with it', async () => {
  const another = local.another();
  const { number } = await another.ring.rotate();
  local.clock.advance(1);
  expect((await keySet()).keys.map(({ kid }) => kid)).toContain(number);
});

it('leaves out an old epoch that does not open, rather than showing none', async () => {
  const before = (await keySet()).keys.map(({ kid }) => kid);
  const name = 'keyring/000001';
  const blob = await local.app.container.read(name);
  if (blob.status !== 'found') throw new Error('there is no first epoch');
  await local.app.container.replace(name, 'damaged', { etag: blob.etag });
  const response = await keys(new Request(`${origin}/.auth/keys`), local.another());
  const shown = (await response.json()) as KeySet;
  expect(before).toContain('000002');
  expect(shown.keys.map(({ kid }) => kid)).toEqual(before.filter((kid) => kid !== '000001'));
});
