import { ContainerClient } from '@azure/storage-blob';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { sessionIdIn, storedEntry } from '../fixtures/stored.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp({ permissions: 'rwl' });
});
afterAll(() => local.close());

/** All that somebody sees who can read the whole container: names, metadata, headers and bodies, decoded as far as it goes. */
async function everythingStored(): Promise<string> {
  const raw = new ContainerClient(local.services.azurite.connectionString, local.services.containerName);
  const seen: string[] = [];
  for await (const blob of raw.listBlobsFlat({ includeMetadata: true, includeTags: true, includeDeleted: true })) {
    const body = (await raw.getBlobClient(blob.name).downloadToBuffer()).toString('latin1');
    seen.push(JSON.stringify(blob), body, ...decoded(body, 3));
  }
  return seen.join('\n');
}

/** The parts of a compact serialization in clear, and what is inside of them. */
function decoded(text: string, depth: number): string[] {
  if (depth === 0) return [];
  const parts = text.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  return parts.flatMap((part) => [part, ...decoded(part, depth - 1)]);
}

/** A text as it stands, and as base64 of either kind shows it wherever it begins within three bytes. */
function spellings(secret: string): string[] {
  const encoded = (['base64', 'base64url'] as const).flatMap((encoding) =>
    ['', '-', '--'].map((before) =>
      Buffer.from(before + secret)
        .toString(encoding)
        .slice(4, -4),
    ),
  );
  return [secret, ...encoded.filter((text) => text.length >= 8)];
}

const secrets = new Set<string>();

async function remember(cookie: string): Promise<void> {
  const entry = await storedEntry(local.app, sessionIdIn(cookie));
  const token = cookie.slice(cookie.indexOf('=') + 1);
  const claims = Object.entries(entry.claims)
    .filter(([name]) => !['iss', 'aud'].includes(name))
    .map(([, value]) => value)
    .filter((value) => typeof value === 'string' && value.length > 5);
  for (const secret of [
    token,
    String(decodeJwt(token).jti),
    String(decodeJwt(token).sub),
    entry.accessToken.reveal(),
    entry.refreshToken?.reveal(),
    entry.idToken?.reveal(),
    entry.subject,
    ...(claims as string[]),
  ]) {
    if (secret) secrets.add(secret);
  }
}

async function expectNothingReadable(): Promise<void> {
  const everything = await everythingStored();
  expect(everything).toContain('A256KW');
  for (const secret of secrets) {
    for (const spelling of spellings(secret)) expect(everything.includes(spelling), secret.slice(0, 12)).toBe(false);
  }
}

it('shows no token, name, address or subject in any name, metadata or body, whatever has happened', async () => {
  const [one, other] = [await signedIn(local), await signedIn(local)];
  await remember(one.cookie);
  await remember(other.cookie);
  expect([...secrets]).toEqual(expect.arrayContaining(['ada@example.com']));
  await expectNothingReadable();

  expect((await local.fetch('/.auth/refresh', { headers: { cookie: one.cookie } })).status).toBe(200);
  await remember(one.cookie);
  await expectNothingReadable();

  local.services.provider.control.revokeAllGrants();
  expect((await local.fetch('/.auth/refresh', { headers: { cookie: other.cookie } })).status).toBe(403);
  expect((await storedEntry(local.app, sessionIdIn(other.cookie))).dead).toBeDefined();
  await expectNothingReadable();

  expect((await local.fetch('/.auth/logout', { headers: { cookie: one.cookie } })).status).toBe(302);
  await expectNothingReadable();
  await local.app.ring.rotate();
  await expectNothingReadable();
});

it('would show what is stored in clear', async () => {
  const raw = new ContainerClient(local.services.azurite.connectionString, local.services.containerName);
  const body = `x.${Buffer.from('{"email":"ada@example.com"}').toString('base64url')}.y`;
  await raw.getBlockBlobClient('sessions/in-clear').upload(body, body.length);
  expect(await everythingStored()).toContain('ada@example.com');
});
