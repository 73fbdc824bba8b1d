import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { client, signedOut } from './client.ts';
import { authorizationRequest, browser, exchange, provider, refresh, signIn } from './relying-party.ts';

let directory: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo-provider-'));
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

test('after a restart the browser is still signed in, and tokens and keys are still good', async () => {
  const before = await provider({ directory });
  const using = browser();
  const tokens = await signIn(before.issuer, { account: 'bo@example.com' }, using);
  await before.close();

  const { issuer } = await provider({ directory, port: before.port });
  expect(issuer).toBe(before.issuer);
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  await expect(jwtVerify(tokens.id_token, keys, { issuer, audience: client.client_id })).resolves.toBeDefined();
  const userinfo = await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  expect(await userinfo.json()).toMatchObject({ email: 'bo@example.com' });

  const silent = authorizationRequest(issuer, { prompt: 'none' });
  const { body } = await exchange(issuer, silent, await using.get(silent.url));
  expect(decodeJwt(body.id_token).sub).toBe('demo-1002');

  const refreshed = await refresh(issuer, tokens.refresh_token);
  expect(refreshed.status).toBe(200);
  expect(await refresh(issuer, tokens.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('a sign-in that was under way goes on after a restart', async () => {
  const before = await provider({ directory });
  const using = browser();
  const request = authorizationRequest(before.issuer);
  const page = await using.get(request.url);
  await before.close();
  const { issuer } = await provider({ directory, port: before.port });
  const answer = await exchange(issuer, request, await using.press(page, 'account', 'ada@example.com'));
  expect(answer.status).toBe(200);
});

test('without a directory a restart forgets everything', async () => {
  const before = await provider();
  const tokens = await signIn(before.issuer);
  await before.close();
  const { issuer } = await provider({ port: before.port });
  expect(await refresh(issuer, tokens.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('a process killed right after an answer has kept what it answered, and printed nothing', async () => {
  const module = new URL('../../../dev/provider/provider.ts', import.meta.url).href;
  const program = `const { startProvider } = await import(${JSON.stringify(module)});
    const { port } = await startProvider(${JSON.stringify({ clients: [client], directory })});
    process.stdout.write(JSON.stringify({ port }));`;
  child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stderr?.on('data', (chunk) => {
    printed += chunk;
  });
  const [started] = child.stdout ? await once(child.stdout, 'data') : [];
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const { port } = JSON.parse(started);
  const issuer = `http://localhost:${port}`;

  const using = browser();
  const left = await signIn(issuer, { account: 'ada@example.com' });
  const leaving = await signIn(issuer, { account: 'zoe@example.com' }, using);
  await using.get(authorizationRequest(issuer, { client_id: 'nobody' }).url);
  const query = { id_token_hint: leaving.id_token, post_logout_redirect_uri: signedOut };
  await using.get(`${issuer}/logout?${new URLSearchParams(query)}`);
  const { body } = await refresh(issuer, left.refresh_token);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(printed).toBe('');

  await provider({ directory, port });
  expect((await refresh(issuer, body.refresh_token)).status).toBe(200);
});

test('a record half-written, one never finished and a stray file do not stop the start', async () => {
  const before = await provider({ directory });
  const tokens = await signIn(before.issuer);
  const lost = await signIn(before.issuer, { account: 'bo@example.com' });
  await before.close();
  const records = join(directory, 'records');
  for (const name of await readdir(records)) {
    const text = await readFile(join(records, name), 'utf8');
    if (text.includes(lost.refresh_token)) await truncate(join(records, name), Math.floor(text.length / 2));
  }
  await writeFile(join(records, 'abc.unfinished'), '{"model":');
  await writeFile(join(records, 'stray'), 'null');

  const { issuer } = await provider({ directory, port: before.port });
  expect((await refresh(issuer, tokens.refresh_token)).status).toBe(200);
  expect(await refresh(issuer, lost.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await readdir(records)).not.toContain('stray');
});
