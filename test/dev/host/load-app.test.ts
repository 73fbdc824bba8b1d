import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startHost } from '../../../dev/host/host.ts';
import { type BuiltApp, buildApp } from './fixtures/build-app.ts';

let app: BuiltApp | undefined;

afterEach(async () => {
  await app?.remove();
  app = undefined;
});

const start = (root: string, environment: Record<string, string> = {}) =>
  startHost({ root, port: 0, environment, log: () => {} });

describe('an app that cannot be started', () => {
  test('what its entry throws comes through whole', async () => {
    app = await buildApp('broken-app');
    const failure = await start(app.root).catch((error: unknown) => error);
    expect(failure).toEqual(new Error('The setting "COLOUR" is missing.\nSet it in local.settings.json.'));
  });

  test('an app that is not built names the build', async () => {
    app = await buildApp('broken-app', { manifest: { main: 'dist/missing.js' } });
    await expect(start(app.root)).rejects.toThrow(
      'The app is not built: dist/missing.js does not exist. Run "npm run build" first.',
    );
  });

  test('a directory without package.json is named', async () => {
    const root = await mkdtemp(join(tmpdir(), 'host-test-'));
    await expect(start(root)).rejects.toThrow(`There is no package.json with a "main" in ${root}.`);
    await writeFile(join(root, 'package.json'), '{"main":1}');
    await expect(start(root)).rejects.toThrow('There is no package.json with a "main"');
    await rm(root, { recursive: true });
  });

  test.each([
    ['duplicate', 'A function with id "twice" has already been registered.'],
    ['conflict', 'Function "two": the route "/Same/{id}/" conflicts with the route of function "one".'],
    ['reserved', 'Function "one": the route "administrators/{id}" conflicts with one or more built in routes'],
    ['name', 'Function "9 lives": the name must begin with a letter'],
    ['schedule', 'Function "one": "0 0 0 ? * *" is no NCRONTAB expression: "?" is no value of the day field.'],
    ['setting', 'Function "one": \'%NOT_SET%\' does not resolve to a value.'],
    ['queue', 'Function "one": "Bad_Name" is no queue name.'],
    ['connection', 'Function "one": The setting "NOT_SET" holds no storage connection string'],
    ['output', 'Function "one": The setting "NOT_SET" holds no storage connection string'],
    ['binding', 'Function "one": the local host knows no output binding "blob".'],
    ['input', 'Function "one": the local host knows no input binding "blob".'],
    ['trigger', 'Function "one": the local host knows no trigger "blobTrigger".'],
  ])('a mistake in its registrations is told: %s', async (mistake, message) => {
    app = await buildApp('registrations-app');
    await expect(start(app.root, { MISTAKE: mistake })).rejects.toThrow(message);
  });

  test('a failed start leaves the process as it was, and another app can start', async () => {
    app = await buildApp('registrations-app');
    await expect(start(app.root, { MISTAKE: 'name' })).rejects.toThrow();
    expect(process.env.MISTAKE).toBeUndefined();
    const host = await start(app.root);
    expect(host.functions.map(({ name }) => name)).toEqual(['fine']);
    await expect(host.runTimer('fine')).rejects.toThrow('There is no timer function "fine".');
    await host.close();
  });

  test('an app whose library stays loaded can be started again', async () => {
    app = await buildApp('registrations-app', { form: 'unbundled' });
    for (const _time of ['first', 'second']) {
      const host = await start(app.root);
      expect((await fetch(`${host.url}/fine`)).status).toBe(200);
      await host.close();
    }
  });

  test('an app without functions starts, with a warning', async () => {
    app = await buildApp('registrations-app');
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const host = await startHost({ root: app.root, port: 0, environment: { MISTAKE: 'empty' }, log });
    expect(host.functions).toEqual([]);
    expect(lines).toEqual(['[host] warning: the app registered no function.']);
    await host.close();
  });
});
