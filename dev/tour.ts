import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { developmentAccount } from './azurite.ts';
import { bundle } from './build.ts';
import { freePort } from './ports.ts';
import { Browser } from './provider/sign-in-client.ts';
import { type Stack, startStack } from './stack.ts';

/** `npm run tour`: the local stack on free ports, walked without a browser. The exit code tells whether all was so. */
async function tour(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-tour-'));
  let stack: Stack | undefined;
  try {
    stack = await step('The stack starts', 'nothing but npm is needed', async () => {
      await bundle();
      return startStack({ directory, port: await freePort(), accessTokenSeconds: 90, output: 'ignore' });
    });
    await walk(stack);
  } finally {
    await stack?.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function walk(stack: Stack): Promise<void> {
  const { origin, services } = stack;
  const browser = new Browser();
  const me = async () => {
    const cookie = `AppServiceAuthSession=${browser.cookies(origin)['AppServiceAuthSession'] ?? ''}`;
    const response = await fetch(`${origin}/.auth/me`, { headers: { cookie }, signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: await response.json() };
  };
  const entry = async () => {
    const { status, body } = await me();
    expect(status === 200, `me answered ${status}: ${body.code}`);
    return body[0];
  };

  await step('Sign in', 'code, PKCE, state, nonce and the ID token were checked', async () => {
    const visit = await browser.signIn(`${origin}/.auth/login/demo`, { account: 'ada@example.com' });
    expect(visit.url === `${origin}/.auth/login/done`, `the sign-in ended at ${visit.url}`);
  });
  await step('Me', 'claims and tokens are served, the refresh token is not', async () => {
    const { user_id, refreshable, access_token, refresh_token } = await entry();
    expect(user_id === 'ada@example.com' && refreshable === true, 'the entry is not of ada@example.com');
    expect(typeof access_token === 'string' && refresh_token === undefined, 'the tokens shown are not those expected');
  });
  const refreshed = await step(
    'Proactive refresh',
    'the timer renewed the tokens before they expired, nobody asked',
    async () => {
      const before = await entry();
      const deadline = Date.parse(before.expires_on);
      while (Date.now() < deadline) {
        const now = await entry();
        if (now.access_token !== before.access_token) {
          expect(now.refresh_state.history.at(-1)?.by === 'sweep', 'it was not the timer that refreshed');
          return now;
        }
        await pause(500);
      }
      throw new Error('the access token expired before it was refreshed');
    },
  );
  await step(
    'Refresh on request',
    'a client renews tokens and session at will, 30 s after the last refresh',
    async () => {
      const ready = Date.parse(refreshed.refresh_state.history.at(-1).on) + 31_000;
      await pause(Math.max(ready - Date.now(), 0));
      const { response, body } = await browser.get(`${origin}/.auth/refresh`, { accept: 'application/json' });
      expect(
        response.status === 200 && JSON.parse(body).refreshed === true,
        `refresh answered ${response.status}: ${body}`,
      );
      expect((await entry()).access_token !== refreshed.access_token, 'the access token is the old one');
    },
  );
  await step('Host killed', 'after SIGKILL and a new start the session and its tokens are there', async () => {
    stack.host.process.kill('SIGKILL');
    await stack.restartHost();
    await entry();
  });
  await step(
    'Blob changed',
    'one flipped byte in the stored session is refused, and the session served again when it is back',
    async () => {
      const restore = await flipOneByte(stack);
      const { status, body } = await me();
      expect(status === 401 && body.code === 'session_unreadable', `me answered ${status}: ${body.code}`);
      await restore();
      await entry();
    },
  );
  await step('Sign out', 'the session is gone, its refresh token revoked at the provider', async () => {
    const before = services.provider.counters.revocations;
    await browser.get(`${origin}/.auth/logout`);
    expect((await me()).status === 401, 'me still answers');
    expect(services.provider.counters.revocations === before + 1, 'nothing was revoked');
  });
  console.log(`\n  Key Vault was asked ${services.vault.calls.total} times in all.`);
}

/** Flips a bit of the one stored session; gives back what undoes it. */
async function flipOneByte({ services: { azurite, containerName } }: Stack): Promise<() => Promise<void>> {
  const credential = new StorageSharedKeyCredential(developmentAccount.name, developmentAccount.key);
  const container = new BlobServiceClient(azurite.blobUrl, credential).getContainerClient(containerName);
  for await (const { name } of container.listBlobsFlat({ prefix: 'sessions/' })) {
    const blob = container.getBlockBlobClient(name);
    const original = await blob.downloadToBuffer();
    const changed = Buffer.from(original);
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
    await blob.upload(changed, changed.length);
    return async () => {
      await blob.upload(original, original.length);
    };
  }
  throw new Error('there is no stored session');
}

/** Runs a step and prints what it proves and what it took. */
async function step<T>(name: string, proves: string, walk: () => Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    const result = await walk();
    console.log(`  ✓ ${name.padEnd(20)}${took(from).padStart(8)}  ${proves}`);
    return result;
  } catch (error) {
    console.log(`  ✗ ${name.padEnd(20)}${took(from).padStart(8)}  ${error instanceof Error ? error.message : error}`);
    throw error;
  }
}

function took(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(2)} s`;
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

tour().catch((error: unknown) => {
  console.error(`\nThe tour stopped: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
