import { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { blobName } from '../../shared/token-store/names.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { sessionIdIn } from '../fixtures/stored.ts';

let local: LocalApp;
let raw: ContainerClient;
beforeAll(async () => {
  local = await localApp();
  raw = new ContainerClient(local.services.azurite.connectionString, local.services.containerName);
});
afterAll(() => local.close());
beforeEach(() => {
  local.logged.length = 0;
});

const upload = (place: string, body: string) =>
  raw.getBlockBlobClient(place).upload(Buffer.from(body, 'latin1'), body.length);
const download = async (place: string) => (await raw.getBlobClient(place).downloadToBuffer()).toString('latin1');

async function session() {
  const { cookie } = await signedIn(local);
  const id = sessionIdIn(cookie);
  return { cookie, id, place: blobName.session(id) };
}

const flipped = (body: string, at: number) =>
  body.slice(0, at) + String.fromCharCode(body.charCodeAt(at) ^ 1) + body.slice(at + 1);

it.each<[string, (body: string) => string, string]>([
  ['a flipped bit in the middle', (body) => flipped(body, body.length >> 1), 'seal_broken'],
  ['a flipped bit at the end', (body) => flipped(body, body.length - 1), 'seal_broken'],
  ['its end missing', (body) => body.slice(0, -10), 'seal_broken'],
  ['nothing in it', () => '', 'seal_broken'],
  ['far too much in it', (body) => body.repeat(500), 'seal_broken'],
  ['plain JSON in it', () => '{"v":1,"entries":{}}', 'seal_broken'],
])('is refused with %s, told at error level, and left as it is', async (_, damage, reason) => {
  const { cookie, id, place } = await session();
  const damaged = damage(await download(place));
  await upload(place, damaged);
  for (const app of ['the instance that knew it', 'the same again']) {
    local.logged.length = 0;
    const answer = await local.fetch('/.auth/me', { headers: { cookie } });
    expect(answer.status, app).toBe(401);
    expect(await problemIn(answer)).toMatchObject({ code: 'session_unreadable', detail: reason });
    expect(local.logged.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ event: 'seal_refused', session: id, error: reason }),
    ]);
  }
  expect(await download(place)).toBe(damaged);
});

it("is refused where another session's blob was copied over it", async () => {
  const [mine, theirs] = [await session(), await session()];
  await upload(mine.place, await download(theirs.place));
  const answer = await local.fetch('/.auth/me', { headers: { cookie: mine.cookie } });
  expect(await problemIn(answer)).toMatchObject({ code: 'session_unreadable', detail: 'seal_misplaced' });
  expect(local.logged).toContainEqual(expect.objectContaining({ event: 'seal_refused', error: 'seal_misplaced' }));
  expect((await local.fetch('/.auth/me', { headers: { cookie: theirs.cookie } })).status).toBe(200);
});

it('is served again once the blob is as it was', async () => {
  const { cookie, place } = await session();
  const good = await download(place);
  await upload(place, flipped(good, 100));
  expect((await local.fetch('/.auth/me', { headers: { cookie } })).status).toBe(401);
  await upload(place, good);
  expect((await local.fetch('/.auth/me', { headers: { cookie } })).status).toBe(200);
});
