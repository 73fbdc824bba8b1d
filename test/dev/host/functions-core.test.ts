import { describe, expect, test } from 'vitest';
import { AppContext } from '../../../dev/host/app-context.ts';
import { installFunctionsCore } from '../../../dev/host/functions-core.ts';
import { buildApp } from './fixtures/build-app.ts';
import { forkHost } from './fixtures/child-host.ts';

describe('installFunctionsCore', () => {
  test.each(['esm', 'cjs', 'unbundled'] as const)('answers an app that is built as %s', async (form) => {
    const app = await buildApp('http-app', { form });
    const host = forkHost(app.root);
    try {
      const response = await fetch(`http://127.0.0.1:${await host.ready}/hello`);
      expect(await response.text()).toBe('hello');
    } finally {
      host.process.kill('SIGTERM');
      expect(await host.exited).toBe(0);
      await app.remove();
    }
  });

  test('refuses a second app at the same time', () => {
    const uninstall = installFunctionsCore(new AppContext(() => {}));
    expect(() => installFunctionsCore(new AppContext(() => {}))).toThrow('start one host a process');
    uninstall();
    installFunctionsCore(new AppContext(() => {}))();
  });
});

describe('AppContext', () => {
  const metadata = { name: 'one', bindings: {} };

  test('refuses a function id that is taken, until it is free again', () => {
    const app = new AppContext(() => {});
    app.register(metadata, () => {});
    expect(() => app.register(metadata, () => {})).toThrow('A function with id "one" has already been registered.');
    app.unregister('one');
    app.register(metadata, () => {});
    expect([...app.functions.keys()]).toEqual(['one']);
  });

  test('refuses registrations after the start', () => {
    const app = new AppContext(() => {});
    app.register(metadata, () => {});
    app.lock();
    expect(() => app.register({ ...metadata, name: 'two' }, () => {})).toThrow('during app startup');
    expect(() => app.unregister('one')).toThrow('during app startup');
  });

  test('prints what users write from information on, and what the system writes from warning on', () => {
    const lines: string[] = [];
    const app = new AppContext((line) => lines.push(line));
    for (const level of ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const) {
      app.log(level, 'user', 'u');
      app.log(level, 'system', 's');
      app.log(level, 'customMetric', 'm');
    }
    expect(lines).toEqual([
      '[app] u',
      '[app] warning: u',
      '[app] warning: s',
      '[app] error: u',
      '[app] error: s',
      '[app] critical: u',
      '[app] critical: s',
    ]);
  });

  test('a log hook that throws hides nothing', () => {
    const lines: string[] = [];
    const app = new AppContext((line) => lines.push(line));
    app.hooks.log.push(() => {
      throw new Error('no');
    });
    app.log('information', 'user', 'kept');
    expect(lines).toEqual(['[app] kept']);
  });
});
