import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOptions } from '../../dev/build.ts';
import { problemIn } from '../fixtures/problem.ts';
import { type RunningStack, runningStack, signIn, withCookie } from '../fixtures/running-stack.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const appDirectory = mkdtempSync(join(tmpdir(), 'tokenkeep-test-'));

let stack: RunningStack;
beforeAll(async () => {
  const entry = { entryPoints: { functions: path('./fixtures/orders.ts') }, outdir: join(appDirectory, 'dist') };
  await build({ ...bundleOptions, ...entry });
  copyFileSync(path('../../host.json'), join(appDirectory, 'host.json'));
  writeFileSync(join(appDirectory, 'package.json'), '{ "type": "module", "main": "dist/functions.js" }');
  stack = await runningStack({ appDirectory });
});
afterAll(async () => {
  await stack?.close();
  rmSync(appDirectory, { recursive: true, force: true });
});

describe('a function that is built into the app', () => {
  it('answers below the root, to who is signed in', async () => {
    const { token } = await signIn(stack);
    const response = await fetch(`${stack.origin}/api/orders`, withCookie(token));
    expect(await response.json()).toEqual({ method: 'GET', for: 'ada@example.com', hasToken: true });
  });

  it('answers nobody else', async () => {
    expect((await problemIn(await fetch(`${stack.origin}/api/orders`))).code).toBe('not_signed_in');
  });

  it('leaves the routes of the app as they are', async () => {
    expect((await fetch(`${stack.origin}/.auth/health`)).status).toBe(200);
  });
});
