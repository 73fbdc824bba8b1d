import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort, isFree, type Ports } from '../../dev/ports.ts';
import { Browser } from '../../dev/provider/sign-in-client.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `npm start` as a child process, and what it has printed. */
interface Start {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

let directory: string;
let port: number;
const running: Start[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tokenkeep-test-'));
  port = await freePort();
});
afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill('SIGTERM');
    await ended;
  }
  rmSync(directory, { recursive: true, force: true });
});

function start(environment: Record<string, string> = {}): Start {
  const child = spawn(process.execPath, ['dev/start.ts'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), TOKENKEEP_DATA: directory, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const started = {
    process: child,
    output: () => Buffer.concat(chunks).toString(),
    ended: once(child, 'exit').then(([code]) => code as number | null),
  };
  running.push(started);
  return started;
}

async function ready(started: Start): Promise<void> {
  const line = `Tokenkeep is ready on http://localhost:${port}\n`;
  while (!started.output().includes(line)) {
    await Promise.race([
      once(started.process.stdout as NodeJS.ReadableStream, 'data'),
      started.ended.then(() => Promise.reject(new Error(started.output()))),
    ]);
  }
}

it('prints a table of addresses and, last, that it is ready', async () => {
  const started = start();
  await ready(started);
  const lines = started.output().trimEnd().split('\n');
  expect(lines.at(-1)).toBe(`Tokenkeep is ready on http://localhost:${port}`);
  expect(started.output()).toMatch(new RegExp(`Demo page +http://localhost:${port}/`));
  expect((await fetch(`http://localhost:${port}/`)).status).toBe(200);
});

it('keeps sessions in its data folder from one start to the next', async () => {
  const browser = new Browser();
  const first = start();
  await ready(first);
  await browser.signIn(`http://localhost:${port}/.auth/login/demo`, { account: 'ada@example.com' });
  first.process.kill('SIGINT');
  expect(await first.ended).toBe(0);

  await ready(start());
  const { body, response } = await browser.get(`http://localhost:${port}/.auth/refresh`, {
    accept: 'application/json',
  });
  expect(response.status, body).toBe(200);
});

it('ends all it has started when it is stopped, and when it is killed', async () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const started = start();
    await ready(started);
    const ports = JSON.parse(readFileSync(join(directory, 'ports.json'), 'utf8')) as Ports;
    started.process.kill(signal);
    await started.ended;
    for (const each of [port, ...Object.values(ports)]) {
      await expect.poll(() => isFree(each), { timeout: 15_000 }).toBe(true);
    }
  }
});

it.each([0, 3])('says in one line that a port is in use (the app port + %i)', async (offset) => {
  const server = createServer().listen(port + offset);
  await once(server, 'listening');
  const started = start();
  expect(await started.ended).toBe(1);
  expect(started.output().trim()).toMatch(/^Port \d+ .*is in use: [^\n]+$/);
  server.close();
});

it.each([
  ['PORT', 'eighty'],
  ['DEMO_ACCESS_TOKEN_SECONDS', '-1'],
])('says in one line that %s=%s makes no sense', async (name, value) => {
  const started = start({ [name]: value });
  expect(await started.ended).toBe(1);
  expect(started.output().trim()).toBe(
    `${name} must be a whole number from 1 to ${name === 'PORT' ? 65_000 : 86_400}, not "${value}".`,
  );
});
