import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { buildClient } from '../../client/build.ts';
import type { Entry } from '../../client/index.ts';
import type { EntryView } from '../../shared/sessions/entry-view.ts';

const client = fileURLToPath(new URL('../../client', import.meta.url));
const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
const manifest = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'));

describe('the package of the client', () => {
  /** An app that has it installed. */
  const consumer = mkdtempSync(join(tmpdir(), 'tokenkeep-client-'));
  const installed = join(consumer, 'node_modules', manifest.name);
  beforeAll(async () => {
    mkdirSync(installed, { recursive: true });
    await buildClient(join(installed, 'dist'));
    writeFileSync(join(installed, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  });
  afterAll(() => rmSync(consumer, { recursive: true, force: true }));

  it('has less than 3 KB for browsers to load, compressed, in one module', () => {
    const module = readFileSync(join(installed, 'dist/index.js'));
    expect(gzipSync(module, { level: 9 }).byteLength).toBeLessThan(3 * 1024);
    expect(module.toString()).not.toMatch(/\bimport\b/);
    expect(readdirSync(join(installed, 'dist')).filter((name) => name.endsWith('.js'))).toEqual(['index.js']);
  });

  it('depends on nothing, and has every file that it names', () => {
    expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
    for (const file of Object.values<string>(manifest.exports['.']))
      expect(existsSync(join(installed, file))).toBe(true);
    expect(readFileSync(join(installed, 'dist/LICENSE'), 'utf8')).toContain('MIT License');
  });

  it('can be loaded where there is no browser', async () => {
    const { createClient } = await import(join(installed, 'dist/index.js'));
    expect(createClient).toBeTypeOf('function');
  });

  it.each([
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ])('has declarations that hold in a strict app, %s with %s', async (module, moduleResolution) => {
    const right = `
      import { createClient, type Entry, TokenkeepError } from '${manifest.name}';
      const auth = createClient({ origin: 'https://auth.example.com', mode: 'token', provider: 'contoso' });
      const entries: readonly Entry[] | undefined = await auth.me();
      const token: string = await auth.getAccessToken({ scope: 'calendar' });
      const answer: Response = await auth.fetchWithToken('https://api.example.com/', { method: 'POST' });
      const stop: () => void = auth.onChange((now, reason) => console.log(now?.[0]?.user_id, reason?.retryAfter));
      const { code, status }: TokenkeepError = new TokenkeepError('network');
      await auth.signIn('contoso', { popup: true, parameters: { prompt: 'login' } });
      await auth.signOut({ redirectTo: '/' });
      console.log(entries, token, answer, stop, code, status);`;
    expect(await check(right, module, moduleResolution)).toBe('');
    expect(await check(`${right}\nauth.signIn(1);`, module, moduleResolution)).toContain('TS2345');
  });

  it('does what the guide says, as far as types tell', async () => {
    const guide = readFileSync(new URL('../../docs/guides/call-from-your-app.md', import.meta.url), 'utf8');
    const programs = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map(([, program = '']) => program);
    expect(programs.filter((program) => program.includes(`'${manifest.name}'`))).toHaveLength(2);
    for (const program of programs) expect(await check(program, 'ESNext', 'Bundler')).toBe('');
  });

  async function check(source: string, module: string, moduleResolution: string): Promise<string> {
    writeFileSync(join(consumer, 'app.ts'), source);
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'ES2022',
      lib: ['ES2022', 'DOM', 'DOM.Iterable'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
    const { stdout } = await promisify(execFile)(tsc, ['--project', consumer]).catch(
      (error: { stdout: string }) => error,
    );
    return stdout;
  }
});

it('an entry is to the client what the server gives', () => {
  expectTypeOf<Entry>().toEqualTypeOf<EntryView>();
});
