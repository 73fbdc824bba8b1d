import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { callback, client, signedOut } from './client.ts';
import { authorizationRequest, browser, exchange, provider, refresh, signIn } from './relying-party.ts';

test('a spoilt ID token comes with the next token response, and the one after is genuine', async () => {
  const { issuer, control } = await provider();
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  control.tamper('wrong-aud');
  const first = await signIn(issuer);
  expect(decodeJwt(first.id_token).aud).not.toBe(client.client_id);
  await expect(jwtVerify(first.id_token, keys, { issuer })).resolves.toBeDefined();

  const { body } = await refresh(issuer, first.refresh_token);
  await expect(jwtVerify(body.id_token, keys, { issuer, audience: client.client_id })).resolves.toBeDefined();
});

test('refreshed ID tokens are spoilt too, in the order asked for, and an error answer uses none up', async () => {
  const { issuer, control } = await provider();
  const { refresh_token } = await signIn(issuer);
  control.tamper('absent');
  control.tamper('wrong-sub', 2);
  expect((await refresh(issuer, 'no such token')).status).toBe(400);
  const first = await refresh(issuer, refresh_token);
  expect(first.status).toBe(200);
  expect(first.body).not.toHaveProperty('id_token');
  const second = await refresh(issuer, first.body.refresh_token);
  expect(decodeJwt(second.body.id_token).sub).toBe('someone-else');
  control.clear();
  const third = await refresh(issuer, second.body.refresh_token);
  expect(decodeJwt(third.body.id_token).sub).toBe('demo-1001');
});

test('spoilt ID tokens of a client that chose ES256 are signed with its kind of key', async () => {
  const elliptic = { ...client, id_token_signed_response_alg: 'ES256' as const };
  const { issuer, control } = await provider({ clients: [elliptic] });
  control.tamper('wrong-nonce');
  const { id_token } = await signIn(issuer);
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const { payload, protectedHeader } = await jwtVerify(id_token, keys, { issuer });
  expect([protectedHeader.alg, payload.nonce]).toEqual(['ES256', 'someone-else']);
});

test('after a rotation a new key signs, and the key before it is still published', async () => {
  const { issuer, control } = await provider();
  const using = browser();
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const published = async () => {
    const { keys } = await (await fetch(`${issuer}/jwks`)).json();
    return keys.map(({ kid }: { kid: string }) => kid);
  };
  const first = await signIn(issuer, { account: 'ada@example.com' }, using);
  await control.rotateSigningKey();
  const { body: second } = await refresh(issuer, first.refresh_token);
  expect(kidOf(second.id_token)).not.toBe(kidOf(first.id_token));
  expect(await published()).toEqual(expect.arrayContaining([kidOf(first.id_token), kidOf(second.id_token)]));

  await control.rotateSigningKey();
  expect(await published()).not.toContain(kidOf(first.id_token));
  const third = authorizationRequest(issuer, { prompt: 'none' });
  const { body } = await exchange(issuer, third, await using.get(third.url));
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  await expect(jwtVerify(body.id_token, keys, { issuer, audience: client.client_id })).resolves.toBeDefined();
});

test('withdrawing one user’s consent ends that user’s tokens alone', async () => {
  const { issuer, control } = await provider();
  const ada = await signIn(issuer, { account: 'ada@example.com' });
  const bo = await signIn(issuer, { account: 'bo@example.com' });
  expect(control.revokeGrantsOf('demo-1001')).toBe(1);
  expect(await refresh(issuer, ada.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect((await refresh(issuer, bo.refresh_token)).status).toBe(200);
});

test('withdrawing all consent ends every token; the browser may ask for new ones', async () => {
  const { issuer, control } = await provider();
  const using = browser();
  const { refresh_token, access_token } = await signIn(issuer, { account: 'ada@example.com' }, using);
  await signIn(issuer, { account: 'bo@example.com' });
  expect(control.revokeAllGrants()).toBe(2);
  expect(await refresh(issuer, refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  const userinfo = await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } });
  expect(userinfo.status).toBe(401);

  const silent = authorizationRequest(issuer, { prompt: 'none' });
  const { status } = await exchange(issuer, silent, await using.get(silent.url));
  expect(status).toBe(200);
});

test('an ID token signed before a rotation still serves as a hint at sign-out', async () => {
  const { issuer, control } = await provider();
  const using = browser();
  const { id_token } = await signIn(issuer, { account: 'ada@example.com' }, using);
  await control.rotateSigningKey();
  const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: signedOut });
  expect((await using.get(`${issuer}/logout?${query}`)).url).toBe(signedOut);
});

test('clear ends faults of every endpoint', async () => {
  const { issuer, control } = await provider();
  control.fail('discovery', { status: 500 });
  control.fail('authorize', { status: 500 });
  expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(500);
  expect((await browser().get(authorizationRequest(issuer).url)).response.status).toBe(500);
  control.clear();
  expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(200);
  const { url } = await browser().signIn(authorizationRequest(issuer).url, { account: 'ada@example.com' });
  expect(url).toContain(callback);
});
