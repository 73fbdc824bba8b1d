import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { callbacksOf, emptyHooks } from '../../../dev/host/hooks.ts';
import { type Host, startHost } from '../../../dev/host/host.ts';
import { type BuiltApp, buildApp } from './fixtures/build-app.ts';

let app: BuiltApp;
let host: Host;
const lines: string[] = [];

beforeAll(async () => {
  app = await buildApp('hooks-app');
  host = await startHost({ root: app.root, port: 0, log: (line) => lines.push(line) });
});

afterAll(() => app.remove());

const get = (path: string) => fetch(`${host.url}/${path}`);

describe('hooks', () => {
  test('an unknown hook is a RangeError with the mark of the platform', () => {
    const error = (() => {
      try {
        return callbacksOf(emptyHooks(), 'beforeEverything');
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ isAzureFunctionsSystemError: true });
  });

  test('appStart runs first, pre- and postInvocation around the function, and a disposed hook not at all', async () => {
    expect(await (await get('seen')).json()).toEqual(['appStart', 'pre seen']);
    expect(await (await get('seen')).json()).toEqual(['appStart', 'pre seen', 'post seen yes', 'pre seen']);
  });

  test('preInvocation may replace the function', async () => {
    expect(await (await get('replaced')).text()).toBe('from the hook');
  });

  test('a preInvocation hook that throws fails the invocation', async () => {
    lines.length = 0;
    expect((await get('refused')).status).toBe(500);
    expect(lines).toEqual([expect.stringMatching(/^\[refused\] error: Error: refused by a hook/)]);
  });

  test('postInvocation may forgive an error and replace the result', async () => {
    expect((await get('forgiven')).status).toBe(418);
  });

  test('a log hook may change what is printed', async () => {
    lines.length = 0;
    await get('writes');
    expect(lines).toEqual(['[writes] hidden', '[writes] plain']);
  });

  test('appTerminate runs at the close, with what appStart left', async () => {
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    await host.close();
    expect(print.mock.calls).toEqual([['appTerminate kept']]);
    print.mockRestore();
    await expect(get('seen')).rejects.toThrow();
  });
});
