import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startIdentity } from '../../../dev/identity/identity.ts';
import { startVault } from '../../../dev/vault/vault.ts';
import {
  cryptographyClient,
  type Identity,
  identityOfThisProcess,
  keyClient,
  refusal,
  send,
  tokenFrom,
  type Vault,
} from './local-vault.ts';

let identity: Identity;
let vault: Vault;

const keys = [{ name: 'signing', kty: 'EC' as const, crv: 'P-256' as const }];
const digest = Buffer.alloc(32, 1);
const read = '/keys/signing?api-version=2025-07-01';

beforeAll(async () => {
  identity = await identityOfThisProcess();
});

afterAll(() => identity.close());

beforeEach(async () => {
  vault = await startVault({ verifyToken: identity.verify, keys });
  return () => vault.close();
});

describe('authentication', () => {
  test('answers a request without a token with the challenge', async () => {
    const response = await send(vault, read);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Bearer authorization="https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}", resource="https:\/\/vault\.azure\.net"$/,
    );
    expect(await response.json()).toMatchObject({ error: { code: 'Unauthorized' } });
  });

  test('takes a token for the vault', async () => {
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    expect((await send(vault, read, { token })).status).toBe(200);
  });

  test.each(['https://storage.azure.com', 'https://vault.azure.net/'])('refuses a token for %s', async (resource) => {
    const response = await send(vault, read, { token: await tokenFrom(identity, resource) });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('resource="https://vault.azure.net"');
  });

  test('refuses a token that someone else signed, and what is no token', async () => {
    const stranger = await startIdentity();
    const token = await tokenFrom(stranger, 'https://vault.azure.net');
    await stranger.close();
    expect((await send(vault, read, { token })).status).toBe(401);
    expect((await send(vault, read, { token: 'x' })).status).toBe(401);
    const basic = await fetch(`${vault.url}${read}`, { headers: { authorization: 'Basic eDp5' } });
    expect(basic.status).toBe(401);
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 }) };
    expect(await refusal(keyClient(vault, credential).getKey('signing'))).toEqual([401, 'Unauthorized', undefined]);
  });

  test('counts nothing that was not authenticated', async () => {
    await send(vault, read);
    await send(vault, read, { token: 'x' });
    expect(vault.calls.total).toBe(0);
  });
});

describe('the request', () => {
  test('must say its api-version', async () => {
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    const response = await send(vault, '/keys/signing', { token });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'BadParameter' } });
  });

  test('that is not JSON, or is too long, is refused', async () => {
    const headers = { authorization: `Bearer ${await tokenFrom(identity, 'https://vault.azure.net')}` };
    const good = JSON.stringify({ alg: 'ES256', value: digest.toString('base64url') });
    for (const body of ['{', good + ' '.repeat(70_000)]) {
      const url = `${vault.url}/keys/signing/sign?api-version=7.6`;
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(400);
    }
  });

  test('for an operation that is not emulated gets a 501', async () => {
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    for (const path of ['/keys', '/secrets/one', '/keys/signing/backup/now', '/']) {
      expect((await send(vault, `${path}?api-version=7.6`, { token })).status).toBe(501);
    }
  });
});

describe('counters', () => {
  test('count every operation by its name, refused ones too', async () => {
    const client = keyClient(vault);
    const cryptography = cryptographyClient(vault, 'signing');
    await client.getKey('signing');
    await client.getKey('signing');
    await refusal(client.getKey('nobody'));
    const { result } = await cryptography.sign('ES256', digest);
    await cryptography.verify('ES256', digest, result);
    expect(vault.calls.byOperation).toEqual({ getKey: 4, sign: 1, verify: 1 });
    expect(vault.calls.total).toBe(6);
    vault.calls.reset();
    expect([vault.calls.total, vault.calls.byOperation]).toEqual([0, {}]);
    await client.rotateKey('signing');
    expect([vault.calls.total, vault.calls.byOperation]).toEqual([1, { rotateKey: 1 }]);
  });
});

describe('control', () => {
  test('disables every version of a key, and enables them again', async () => {
    await keyClient(vault).rotateKey('signing');
    const cryptography = cryptographyClient(vault, 'signing');
    vault.control.disable('signing');
    expect(await refusal(cryptography.sign('ES256', digest))).toEqual([403, 'Forbidden', 'KeyDisabled']);
    for await (const { enabled } of keyClient(vault).listPropertiesOfKeyVersions('signing'))
      expect(enabled).toBe(false);
    vault.control.enable('signing');
    expect((await cryptography.sign('ES256', digest)).result).toHaveLength(64);
  });

  test('removes and recovers a key', async () => {
    const client = keyClient(vault);
    vault.control.remove('signing');
    expect(await refusal(client.getKey('signing'))).toEqual([404, 'KeyNotFound', undefined]);
    expect((await client.getDeletedKey('signing')).name).toBe('signing');
    vault.control.recover('signing');
    expect((await client.getKey('signing')).name).toBe('signing');
    expect(() => vault.control.disable('nobody')).toThrow(/nobody/);
  });

  test('refuses access, and names the permission that is missing', async () => {
    const client = keyClient(vault);
    const cryptography = cryptographyClient(vault, 'signing');
    await cryptography.sign('ES256', digest);
    vault.control.refuseAccess(true);
    const refused = [403, 'Forbidden', 'ForbiddenByRbac'];
    expect(await refusal(client.getKey('signing'))).toEqual(refused);
    expect(await refusal(cryptography.sign('ES256', digest))).toEqual(refused);
    await expect(client.getKey('nobody')).rejects.toThrow('Microsoft.KeyVault/vaults/keys/read');
    vault.control.refuseAccess(false);
    expect((await client.getKey('signing')).name).toBe('signing');
  });

  test('throttles, and says when to come back', async () => {
    const client = keyClient(vault);
    vault.control.throttle(true);
    expect(await refusal(client.getKey('signing'))).toEqual([429, 'Throttled', undefined]);
    const token = await tokenFrom(identity, 'https://vault.azure.net');
    expect((await send(vault, read, { token })).headers.get('retry-after')).toBe('1');
    vault.control.throttle(false);
    expect((await client.getKey('signing')).name).toBe('signing');
  });

  test('delays every answer for longer than a client waits', async () => {
    const client = keyClient(vault);
    vault.control.delay(600_000);
    await expect(client.getKey('signing', { requestOptions: { timeout: 50 } })).rejects.toMatchObject({
      name: 'AbortError',
    });
    vault.control.delay(0);
    expect((await client.getKey('signing')).name).toBe('signing');
  });

  test('drops new connections, open ones and waiting requests while down', async () => {
    const client = keyClient(vault);
    await client.getKey('signing');
    vault.control.down(true);
    await expect(client.getKey('signing')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(fetch(vault.url)).rejects.toThrow();
    vault.control.down(false);
    expect((await client.getKey('signing')).name).toBe('signing');

    vault.control.delay(600_000);
    const received = nextRequest();
    const waiting = refusal(client.getKey('signing'));
    await received;
    vault.control.down(true);
    expect(await waiting).toEqual([undefined, 'ECONNRESET', undefined]);
  });
});

describe('a directory', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'local-vault-'));
    return () => rm(directory, { recursive: true });
  });

  const open = () => startVault({ verifyToken: identity.verify, keys, directory });

  test('keeps keys, versions, states and deletions over a restart', async () => {
    const first = await open();
    const old = (await keyClient(first).getKey('signing')).properties.version;
    const { result } = await cryptographyClient(first, 'signing', old).sign('ES256', digest);
    await keyClient(first).rotateKey('signing');
    await keyClient(first).updateKeyProperties('signing', old ?? '', { tags: { retired: 'yes' } });
    await keyClient(first).createEcKey('switched-off');
    first.control.disable('switched-off');
    await keyClient(first).createEcKey('disabled', { enabled: false, tags: { a: 'b' } });
    await keyClient(first).createEcKey('deleted');
    first.control.remove('deleted');
    await first.close();

    const second = await open();
    try {
      const client = keyClient(second);
      const verified = await cryptographyClient(second, 'signing', old).verify('ES256', digest, result);
      expect(verified.result).toBe(true);
      const listed: (string | undefined)[] = [];
      for await (const one of client.listPropertiesOfKeyVersions('signing'))
        listed.push(one.version, one.tags?.retired);
      expect(listed).toEqual([old, 'yes', expect.any(String), undefined]);
      expect((await client.getKey('signing')).properties.version).toBe(listed[2]);
      expect((await client.getKey('switched-off')).properties.enabled).toBe(false);
      expect((await client.getKey('disabled')).properties).toMatchObject({ enabled: false, tags: { a: 'b' } });
      expect(await refusal(client.getKey('deleted'))).toEqual([404, 'KeyNotFound', undefined]);
      second.control.recover('deleted');
      expect((await client.getKey('deleted')).name).toBe('deleted');
    } finally {
      await second.close();
    }
  });

  test('holds one file a key that only its owner can read, and no unfinished one', async () => {
    const one = await open();
    await keyClient(one).rotateKey('signing');
    await keyClient(one).createEcKey('Second');
    await one.close();
    expect(await readdir(directory)).toEqual(['second.json', 'signing.json']);
    expect((await stat(join(directory, 'signing.json'))).mode & 0o777).toBe(0o600);
  });

  test('with a damaged key stops the start, without quoting the key', async () => {
    const path = join(directory, 'signing.json');
    await writeFile(path, '{"name":"signing","versions":[{"d":"secret-member"');
    const failure = await open().then(String, String);
    expect(failure).toContain(path);
    expect(failure).not.toContain('secret-member');
  });

  test('may hold a file that a crash left unfinished', async () => {
    await (await open()).close();
    await writeFile(join(directory, 'signing.json.1.unfinished'), '{"na');
    await (await open()).close();
    expect(await readdir(directory)).toContain('signing.json');
  });
});

test('a port that is taken is an error', async () => {
  const port = Number(new URL(vault.url).port);
  await expect(startVault({ port, verifyToken: identity.verify })).rejects.toThrow('EADDRINUSE');
});

/** Resolves when a server of this process has begun to work on a request. */
function nextRequest(): Promise<void> {
  return new Promise((resolve) => {
    const seen = () => {
      unsubscribe('http.server.request.start', seen);
      resolve();
    };
    subscribe('http.server.request.start', seen);
  });
}
