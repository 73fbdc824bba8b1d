import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '../../dev/ports.ts';
import { type Services, startServices } from '../../dev/services.ts';
import { azdIgnores, azdPublishes, coreToolsPublish } from './funcignore.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lines = readFileSync(join(root, '.funcignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** What lies in the folder of the app now; of node_modules no more than a sample. */
const present = [
  ...readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name),
  ...readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['node_modules', '.git'].includes(entry.name))
    .flatMap(({ name }) =>
      readdirSync(join(root, name), { recursive: true, withFileTypes: true })
        // Another test run may be building: what it has not finished ends in a number.
        .filter((entry) => entry.isFile() && !/\.\d+$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length)),
    ),
  'node_modules/.package-lock.json',
  'node_modules/zod/package.json',
  'node_modules/@azure/functions/host.json',
];
/** What lies there on somebody's machine, or will. */
const possible = [
  'auth.json',
  'local.settings.json',
  '.env',
  '.env.production',
  '.git/config',
  '.azure/prod/.env',
  '.vscode/settings.json',
  '.tokenkeep/vault/keys.json',
  '__blobstorage__/data',
  '__azurite_db_blob__.json',
  'debug.log',
  'README.md',
  'knip.json',
];
const published = new Set([...present, ...possible].filter((path) => coreToolsPublish(lines, path)));

describe('what is published', () => {
  it('is the bundle with its licences, host.json, package.json and auth.json, and nothing else', () => {
    const built = [...published].filter((path) => path.startsWith('dist/'));
    expect(built).toContain('dist/functions.js');
    expect(built.filter((path) => !/^dist\/[\w-]+\.js(\.LEGAL\.txt)?$/.test(path))).toEqual([]);
    expect([...published].filter((path) => !built.includes(path)).toSorted()).toEqual([
      'auth.json',
      'host.json',
      'package.json',
    ]);
  });

  it('is the same for azd, which must not take the modules left out for the wish to build in Azure', () => {
    expect([...present, ...possible].filter((path) => azdPublishes(lines, path))).toEqual([...published]);
    expect(azdIgnores(lines, 'node_modules')).toBe(false);
  });

  it('starts with what package.json names', () => {
    const { main, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(published).toContain(main);
    expect(type).toBe('module');
  });
});

describe('the package, in a folder of its own where no module can be found', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-package-'));
  const home = join(directory, 'wwwroot');
  let services: Services;
  let host: ChildProcess;
  let url: string;

  beforeAll(async () => {
    for (const path of published) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      if (path !== 'auth.json') cpSync(join(root, path), join(home, path));
    }
    const port = await freePort();
    url = `http://localhost:${port}`;
    const azurite = inject('azurite') as NonNullable<Parameters<typeof startServices>[0]['azurite']>;
    services = await startServices({ directory, appOrigin: url, azurite });
    const { TOKENKEEP_AUTH_FILE: authFile = '', ...environment } = services.environment;
    cpSync(authFile, join(home, 'auth.json'));
    host = spawn(process.execPath, [join(root, 'dev/host/main.ts')], {
      cwd: home,
      env: { PATH: process.env['PATH'], ...environment, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await Promise.race([
      once(host, 'message'),
      once(host, 'exit').then(() => Promise.reject(new Error('The host ended before it was ready.'))),
    ]);
  });

  afterAll(async () => {
    if (host?.exitCode === null) {
      host.disconnect();
      await once(host, 'exit');
    }
    await services?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('opens the key ring by its identity and reaches the container', async () => {
    const response = await fetch(`${url}/.auth/health`);
    expect(await response.json()).toMatchObject({
      status: 'ready',
      checks: [
        { name: 'key_ring', ok: true },
        { name: 'container', ok: true },
      ],
    });
    expect(response.status).toBe(200);
  });

  it('sends a user to the provider', async () => {
    const response = await fetch(`${url}/.auth/login/demo`, { redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toContain(`${services.provider.issuer}/`);
  });
});
