import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManagedIdentityCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startIdentity } from '../../../dev/identity/identity.ts';

type Identity = Awaited<ReturnType<typeof startIdentity>>;

const vault = 'https://vault.azure.net';

let identity: Identity;

beforeAll(async () => {
  identity = await startIdentity();
  for (const [name, value] of Object.entries(identity.environment)) vi.stubEnv(name, value);
});

afterAll(() => identity.close());

/** A request without a client library. `undefined` leaves a parameter or the header out. */
async function ask(
  query: Record<string, string | undefined>,
  header: string | undefined = identity.header,
  method = 'GET',
) {
  const given = Object.entries({ 'api-version': '2019-08-01', resource: vault, ...query });
  const pairs = given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]));
  const response = await fetch(`${identity.endpoint}?${new URLSearchParams(pairs)}`, {
    method,
    headers: header === '' ? {} : { 'x-identity-header': header },
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

describe('ManagedIdentityCredential', () => {
  test('gets a token for the scope, and asks once for it', async () => {
    const before = identity.requests();
    const scope = 'https://storage.azure.com/.default';
    const { token, expiresOnTimestamp } = await new ManagedIdentityCredential().getToken(scope);
    expect(await identity.verify(token, 'https://storage.azure.com')).toBe(true);
    expect(expiresOnTimestamp).toBe(Number(decodeJwt(token).exp) * 1000);
    await new ManagedIdentityCredential().getToken(scope);
    expect(identity.requests() - before).toBe(1);
  });

  test('gets the token of a user-assigned identity by its client id', async () => {
    const clientId = '6c0ab4e5-3df1-4b5e-9a07-2f1f3f6f0a11';
    const { token } = await new ManagedIdentityCredential({ clientId }).getToken(`${vault}/.default`);
    expect(decodeJwt(token).appid).toBe(clientId);
  });
});

describe('the endpoint', () => {
  test('answers as documented, for an hour', async () => {
    const { status, body } = await ask({});
    const { access_token: token = '', expires_on: expiresOn, client_id: clientId, ...rest } = body;
    expect(status).toBe(200);
    expect(rest).toEqual({ resource: vault, token_type: 'Bearer' });
    const claims = decodeJwt(token);
    expect(claims.aud).toBe(vault);
    expect(claims.iss).toMatch(/^https:\/\/sts\.windows\.net\/[0-9a-f-]{36}\/$/);
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600);
    expect(claims.appid).toBe(clientId);
    expect(expiresOn).toBe(String(claims.exp));
  });

  test.each([
    ['a wrong header', {}, 'not-the-header', 401],
    ['no header', {}, '', 400],
    ['no api-version', { 'api-version': undefined }, undefined, 400],
    ['an unknown api-version', { 'api-version': '2017-09-01' }, undefined, 400],
    ['no resource', { resource: undefined }, undefined, 400],
    ['an empty resource', { resource: '' }, undefined, 400],
    ['two identities', { client_id: 'one', mi_res_id: 'two' }, undefined, 400],
  ])('refuses %s', async (_name, query, header, expected) => {
    const { status, body } = await ask(query, header);
    expect(status).toBe(expected);
    expect(body).toMatchObject({ statusCode: expected, message: expect.any(String) });
    expect(body.access_token).toBeUndefined();
    expect(JSON.stringify(body)).not.toContain(identity.header);
  });

  test('has only GET, and only this path', async () => {
    expect((await ask({}, undefined, 'POST')).status).toBe(405);
    const elsewhere = await fetch(new URL('/elsewhere', identity.endpoint));
    expect(elsewhere.status).toBe(404);
  });
});

describe('verify', () => {
  test('holds for the exact audience alone', async () => {
    const { body } = await ask({});
    const token = body.access_token ?? '';
    expect(await identity.verify(token, vault)).toBe(true);
    expect(await identity.verify(token, `${vault}/`)).toBe(false);
    expect(await identity.verify(token, 'https://storage.azure.com')).toBe(false);
  });

  test('refuses a changed token, an unsigned one, and one of another identity', async () => {
    const { body } = await ask({});
    const [header = '', , signature = ''] = (body.access_token ?? '').split('.');
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(body.access_token ?? ''), oid: 'someone' }));
    expect(await identity.verify(`${header}.${forged.toString('base64url')}.${signature}`, vault)).toBe(false);
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await identity.verify(`${none}.${forged.toString('base64url')}.`, vault)).toBe(false);
    expect(await identity.verify('no token', vault)).toBe(false);

    const another = await startIdentity();
    expect(another.header).not.toBe(identity.header);
    expect(await another.verify(body.access_token ?? '', vault)).toBe(false);
    await another.close();
  });

  test('refuses a token after its hour', async () => {
    const { body } = await ask({});
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_601_000 });
    try {
      expect(await identity.verify(body.access_token ?? '', vault)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a directory', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'local-identity-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  test('keeps the header and the signing key over a restart, for its owner alone', async () => {
    const first = await startIdentity({ directory });
    const url = `${first.endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(vault)}`;
    const response = await fetch(url, { headers: { 'x-identity-header': first.header } });
    const { access_token: token } = (await response.json()) as { access_token: string };
    const port = Number(new URL(first.endpoint).port);
    await first.close();
    expect((await stat(join(directory, 'identity.json'))).mode & 0o777).toBe(0o600);

    const second = await startIdentity({ directory, port });
    expect(second.environment).toEqual(first.environment);
    expect(await second.verify(token, vault)).toBe(true);
    await second.close();
  });

  test('with a file that is not its own stops the start, without quoting it', async () => {
    const path = join(directory, 'identity.json');
    for (const text of ['{"header":"secret"}', '{"header":"secret"']) {
      await writeFile(path, text);
      const failure = await startIdentity({ directory }).then(String, String);
      expect(failure).toContain(path);
      expect(failure).not.toContain('secret"');
    }
  });
});
