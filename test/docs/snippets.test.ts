import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ManagedIdentityCredential } from '@azure/identity';
import { CryptographyClient } from '@azure/keyvault-keys';
import { compactDecrypt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { blobName } from '../../shared/token-store/names.ts';
import { type LocalApp, localApp, origin, signedIn } from '../fixtures/local-app.ts';
import { sessionIdIn } from '../fixtures/stored.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The programs of the pages, one file each, in a folder where they find packages as in this repository. */
const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-snippets-'));
const programs = new Map<string, string>();

beforeAll(() => {
  mkdirSync(join(directory, 'pages'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  for (const page of globSync('{README.md,docs/**/*.md}', { cwd: root })) {
    for (const [, source = ''] of readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)) {
      const file = join(directory, 'pages', `${programs.size}.ts`);
      // The pages speak of an app in the world; this one is here, and so are its provider and the fixtures.
      const local = source.replaceAll('https://auth.example.com', origin).replaceAll('contoso', 'demo');
      const found = local
        .replaceAll("'../fixtures/", `'${root}test/fixtures/`)
        .replaceAll("'../shared/", `'${root}shared/`)
        .replaceAll("'./http-trigger.ts'", `'${root}functions/http-trigger.ts'`);
      writeFileSync(file, found);
      programs.set(file, `${page}\n${source}`);
    }
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The program of a page that exports this function. */
async function program<T>(page: string, exported: string): Promise<T> {
  const found = [...programs].filter(
    ([, text]) => text.startsWith(`${page}\n`) && text.includes(`export async function ${exported}(`),
  );
  expect(found).toHaveLength(1);
  return import(pathToFileURL(found[0]?.[0] ?? '').href);
}

it('every program on a page passes the type check of this repository', async () => {
  expect(programs.size).toBeGreaterThan(5);
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { moduleDetection: 'force' },
    include: [join(directory, 'pages'), join(root, 'test/setup/services.ts')],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', directory]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
});

describe('run against an app', () => {
  const guide = 'docs/guides/call-from-your-app.md';
  let local: LocalApp;
  let cookie: string;
  beforeAll(async () => {
    local = await localApp();
  });
  afterAll(() => local.close());
  afterEach(() => {
    vi.unstubAllGlobals();
    local.clock.reset();
  });

  /** Makes `fetch` a browser's on the app's origin, with this cookie and those it is given, and a server's elsewhere. */
  async function pretendBrowser(): Promise<string[]> {
    ({ cookie } = await signedIn(local));
    const asked: string[] = [];
    const { fetch } = globalThis;
    vi.stubGlobal('fetch', async (input: string | URL | Request, init: RequestInit = {}) => {
      const address = input instanceof Request ? input.url : String(input);
      const path = address.startsWith(origin) ? address.slice(origin.length) : address;
      if (!path.startsWith('/')) return fetch(input, init);
      asked.push(`${init.method ?? 'GET'} ${path}`);
      const sent = path === address ? { cookie } : {};
      const response = await local.fetch(path, { ...init, headers: { ...sent, ...(init.headers as object) } });
      for (const set of response.headers.getSetCookie()) cookie = set.split(';')[0] ?? '';
      return response;
    });
    return asked;
  }

  it('currentUser gives the signed-in user', async () => {
    const asked = await pretendBrowser();
    const { currentUser } = await program<{ currentUser(): Promise<{ user_id: string } | undefined> }>(
      guide,
      'currentUser',
    );
    expect(await currentUser()).toMatchObject({ user_id: 'ada@example.com', access_token: expect.any(String) });
    expect(asked).toEqual(['GET /.auth/me']);
  });

  it('currentUser renews a session that has expired, and gives nobody once it cannot be renewed', async () => {
    const asked = await pretendBrowser();
    const { currentUser } = await program<{ currentUser(): Promise<{ user_id: string } | undefined> }>(
      guide,
      'currentUser',
    );
    local.clock.advance(9 * 3600);
    expect(await currentUser()).toMatchObject({ user_id: 'ada@example.com' });
    expect(asked).toEqual(['GET /.auth/me', 'POST /.auth/refresh', 'GET /.auth/me']);
    local.clock.advance(90 * 3600);
    expect(await currentUser()).toBeUndefined();
    cookie = '';
    expect(await currentUser()).toBeUndefined();
  });

  it('userOf takes a session token, and no other', async () => {
    const asked = await pretendBrowser();
    const { userOf } = await program<{ userOf(token: string): Promise<string> }>(guide, 'userOf');
    const token = cookie.slice(cookie.indexOf('=') + 1);
    expect(await userOf(token)).toMatch(/^sid:[0-9a-f]{32}$/);
    expect(asked).toEqual(['GET /.auth/keys']);
    const [entry] = (await (await local.fetch('/.auth/me', { headers: { cookie } })).json()) as [{ id_token: string }];
    await expect(userOf(entry.id_token)).rejects.toThrow();
    await expect(userOf(`${token.slice(0, -6)}AAAAAA`)).rejects.toThrow();
  });

  it('accessTokenOf gives the access token for a session token', async () => {
    await pretendBrowser();
    const { accessTokenOf } = await program<{ accessTokenOf(token: string): Promise<string> }>(guide, 'accessTokenOf');
    const token = cookie.slice(cookie.indexOf('=') + 1);
    const [entry] = (await (await local.fetch('/.auth/me', { headers: { cookie } })).json()) as [
      { access_token: string },
    ];
    expect(await accessTokenOf(token)).toBe(entry.access_token);
    await local.fetch('/.auth/logout', { headers: { cookie } });
    await expect(accessTokenOf(token)).rejects.toThrow('401');
  });

  it('a stored session opens with the keys of its epoch, which Key Vault unwraps', async () => {
    ({ cookie } = await signedIn(local));
    const { openEpoch, openSession } = await program<{
      openEpoch(
        blob: string,
        unwrap: (kid: string, wrapped: Uint8Array) => Promise<Uint8Array>,
      ): Promise<Map<string, object>>;
      openSession(
        blob: string,
        keys: Map<string, object>,
      ): Promise<{ place: unknown; session: Record<string, unknown> }>;
    }>('docs/reference/data-at-rest.md', 'openEpoch');
    const unwrap = async (kid: string, wrapped: Uint8Array) => {
      const options = { allowInsecureConnection: true, disableChallengeResourceVerification: true };
      const client = new CryptographyClient(kid, new ManagedIdentityCredential(), options);
      return (await client.unwrapKey('RSA-OAEP-256', wrapped)).result;
    };
    const place = blobName.session(sessionIdIn(cookie));
    const [ring, session] = [await body('keyring/000001'), await body(place)];
    const keys = await openEpoch(ring, unwrap);
    expect([...keys.keys()]).toEqual(['sealing', 'lookup', 'blob-signing', 'session-signing']);

    const opened = await openSession(session, keys);
    expect(opened.place).toBe(place);
    expect(opened.session).toMatchObject({ v: 1, id: sessionIdIn(cookie), provider: 'demo' });
    await expect(compactDecrypt(session, Buffer.alloc(32))).rejects.toThrow();
  });

  it('the page on data at rest has every member of a session and of an entry, and no other', async () => {
    ({ cookie } = await signedIn(local));
    const page = readFileSync(join(root, 'docs/reference/data-at-rest.md'), 'utf8');
    const rows = [
      ...(page.split('\n## A session\n')[1]?.split('\n## ')[0] ?? '').matchAll(/^\| (`v`|`\w+`.*?) \| (.*) \|$/gm),
    ];
    const named = rows.flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const stored = await local.app.store.read(sessionIdIn(cookie));
    expect(named.toSorted()).toEqual(['v', ...Object.keys(stored?.session ?? {})].toSorted());
    const entryMembers = [...(rows.at(-1)?.[2] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(entryMembers).toEqual(expect.arrayContaining(Object.keys(stored?.session.entries['demo'] ?? {})));
  });

  async function body(name: string): Promise<string> {
    const blob = await local.app.container.read(name);
    if (blob.status !== 'found') throw new Error(`there is no ${name}`);
    return blob.body;
  }
});
