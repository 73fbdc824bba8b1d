import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../dev/ports.ts';
import { type RunningStack, runningStack, signIn, withCookie } from '../fixtures/running-stack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const settings = () => ({ ...process.env, ...stack.services.environment });

let stack: RunningStack;
beforeAll(async () => {
  stack = await runningStack();
});
afterAll(() => stack.close());

/** Runs a command of the project to its end; gives what it printed, whether it succeeded or not. */
async function run(file: string, env: NodeJS.ProcessEnv, ...rest: string[]): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, ...rest], {
      cwd: root,
      env,
      timeout: 30_000,
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

it('rotate starts a new epoch, and sessions of the old one stay signed in', async () => {
  const { token } = await signIn(stack);
  const { code, output } = await run('dev/rotate.ts', settings());
  expect({ code, output: output.trim() }).toEqual({ code: 0, output: 'Epoch 000002 is the newest now.' });

  await stack.restartHost();
  expect((await fetch(`${stack.origin}/.auth/me`, withCookie(token))).status).toBe(200);
  const keys = (await (await fetch(`${stack.origin}/.auth/keys`)).json()) as { keys: { kid: string }[] };
  expect(keys.keys.map(({ kid }) => kid)).toEqual(['000001', '000002']);
});

it('host runs only the app, against what the settings name', async () => {
  const port = await freePort();
  const env = { ...settings(), PORT: String(port) };
  const child = spawn(process.execPath, ['dev/host/main.ts'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let output = '';
    while (!output.includes(`Function host is ready on http://localhost:${port}\n`)) {
      output += String((await once(child.stdout, 'data'))[0]);
    }
    expect(output).toMatch(/me +GET,OPTIONS +http:\/\/localhost:\d+\/\.auth\/me/);
    const { token } = await signIn(stack);
    expect((await fetch(`http://localhost:${port}/.auth/me`, withCookie(token))).status).toBe(200);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});

it('host says every wrong setting at once, and does not start', async () => {
  const { TOKENKEEP_VAULT_URL: _, DEMO_PROVIDER_AUTHENTICATION_SECRET: __, ...rest } = settings();
  const env = { ...rest, PORT: String(await freePort()), TOKENKEEP_SESSION_MAX_HOURS: 'many' };
  const { code, output } = await run('dev/host/main.ts', env);
  expect(code).toBe(1);
  for (const path of ['TOKENKEEP_VAULT_URL', 'DEMO_PROVIDER_AUTHENTICATION_SECRET', 'TOKENKEEP_SESSION_MAX_HOURS']) {
    expect(output).toContain(path);
  }
  expect(output).not.toMatch(/^\s+at /m);
});

it.skipIf(existsSync(`${root}/node_modules/.bin/func`))('start:func says so where Core Tools are missing', async () => {
  const { code, output } = await run('dev/start.ts', process.env, '--func');
  expect(code).toBe(1);
  expect(output.trim()).toMatch(/^Azure Functions Core Tools are not installed here: .*npm start.*$/);
});
