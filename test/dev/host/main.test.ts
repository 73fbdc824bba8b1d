import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BuiltApp, buildApp } from './fixtures/build-app.ts';
import { forkHost } from './fixtures/child-host.ts';

let app: BuiltApp;

beforeAll(async () => {
  app = await buildApp('http-app');
});

afterAll(() => app.remove());

describe('npm run host', () => {
  test('prints the functions and, last, where it is ready; SIGTERM ends it', async () => {
    const host = forkHost(app.root);
    const port = await host.ready;
    await vi.waitFor(() => expect(host.output()).toMatch(/is ready on/));
    expect(host.output()).toContain(`  hello    GET,POST      http://localhost:${port}/hello\n`);
    expect(host.output()).toContain(`  orderC   DELETE        http://localhost:${port}/order/{id}\n`);
    expect(host.output().endsWith(`\nFunction host is ready on http://localhost:${port}\n`)).toBe(true);
    host.process.kill('SIGTERM');
    expect(await host.exited).toBe(0);
  });

  test('takes settings from local.settings.json, and the environment wins', async () => {
    const broken = await buildApp('registrations-app');
    const file = { Values: { MISTAKE: 'name', PORT: '1' } };
    await writeFile(join(broken.root, 'local.settings.json'), JSON.stringify(file));
    const fromFile = forkHost(broken.root);
    expect(await fromFile.exited).toBe(1);
    expect(fromFile.output()).toContain('"9 lives"');
    const fromEnvironment = forkHost(broken.root, { MISTAKE: 'reserved' });
    expect(await fromEnvironment.exited).toBe(1);
    expect(fromEnvironment.output()).toContain('"administrators/{id}"');
    await broken.remove();
  });

  test('a port in use is one line, and exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const place = other.address();
    const port = typeof place === 'object' && place !== null ? place.port : 0;
    const host = forkHost(app.root, { PORT: String(port) });
    expect(await host.exited).toBe(1);
    expect(host.output()).toBe(`Port ${port} is in use: stop the other program or set PORT.\n`);
    other.close();
  });

  test.each(['x', '65536', '-1'])('PORT=%s is refused in one line', async (port) => {
    const host = forkHost(app.root, { PORT: port });
    expect(await host.exited).toBe(1);
    expect(host.output()).toBe(`PORT must be a number from 0 to 65535, not "${port}".\n`);
  });

  test('what the app says against its settings is printed whole, without a stack', async () => {
    const broken = await buildApp('broken-app');
    const host = forkHost(broken.root);
    expect(await host.exited).toBe(1);
    expect(host.output()).toBe('The setting "COLOUR" is missing.\nSet it in local.settings.json.\n');
    await broken.remove();
  });

  test('ends when its parent is killed', async () => {
    const script = `
      import { fork } from 'node:child_process';
      const host = fork(process.argv[1], { cwd: process.argv[2], env: { ...process.env, PORT: '0' }, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      host.on('message', ({ port }) => console.log(JSON.stringify({ port, pid: host.pid })));
    `;
    const main = join(import.meta.dirname, '../../../dev/host/main.ts');
    const parent: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script, main, app.root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout ?? parent, 'data');
    const { port, pid } = JSON.parse(String(line)) as { port: number; pid: number };
    expect((await fetch(`http://127.0.0.1:${port}/hello`)).status).toBe(200);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 15_000 });
  });
});
