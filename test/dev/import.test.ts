import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { containerSasUrl } from '../../dev/services.ts';
import { claimType } from '../../shared/providers/claim-types.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';
import { dotNetTime, encryptionKey, fileName, storeFileText } from './import/store-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory with these files. */
function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-old-'));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

/** Runs the command to its end, with the key in the setting OLD_KEY; gives its exit code and all that it printed. */
async function command(
  options: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string }> {
  const env = { ...process.env, ...local.services.environment, OLD_KEY: encryptionKey, ...environment };
  try {
    const run = promisify(execFile)(process.execPath, ['dev/import.ts', ...options], {
      cwd: root,
      env,
      timeout: 30_000,
    });
    const { stdout, stderr } = await run;
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

const secret = () => randomBytes(24).toString('base64url');

function madeEntry() {
  return {
    access_token: secret(),
    id_token: secret(),
    refresh_token: secret(),
    expires_on: dotNetTime(Date.now() / 1000 + 3000),
    user_claims: [
      { typ: 'iss', val: local.services.provider.issuer },
      { typ: claimType.nameIdentifier, val: secret() },
    ],
    user_id: `${secret()}@example.com`,
  };
}

describe('import', () => {
  it('from a directory tells of every file what became of it, and nothing that is secret', async () => {
    const [entry, foreign] = [madeEntry(), madeEntry()];
    const [good, broken, other, unknown] = [fileName(), fileName(), fileName(), fileName()];
    const from = directoryOf({
      [good]: storeFileText({ demo: entry }),
      [broken]: 'no JSON',
      [other]: storeFileText({ demo: foreign }, 'ab'.repeat(32)),
      [unknown]: storeFileText({ aad: foreign }),
    });
    const { code, output } = await command(['--from', from, '--key', 'OLD_KEY']);
    expect(code).toBe(2);
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(`^${good}: imported as sid:[0-9a-f]{32} \\(demo\\)$`),
        `${broken}: left: not JSON`,
        `${other}: left: encrypted under another key`,
        `${unknown}: left: auth.json has none of its providers`,
      ]),
    );
    expect(lines.at(-1)).toBe('4 files: 1 imported, 0 imported before, 3 left, 3 of them for a fault.');
    const told = [entry, foreign].flatMap(({ user_claims, ...rest }) => [...Object.values(rest), user_claims[1]?.val]);
    for (const value of [...told, encryptionKey]) expect(output).not.toContain(value);
  });

  it('from a container by a SAS that may read and list, twice', async () => {
    const container = `old-${randomBytes(6).toString('hex')}`;
    const blobs = new ContainerClient(await containerSasUrl(local.services.azurite, container, 'rwl'));
    const names = [fileName(), fileName()];
    for (const name of names) {
      const text = storeFileText({ demo: madeEntry() });
      await blobs.getBlockBlobClient(name).upload(text, text.length);
    }
    const from = await containerSasUrl(local.services.azurite, container, 'rl');
    const first = await command(['--from', from, '--key', 'OLD_KEY']);
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('2 files: 2 imported, 0 imported before') });
    // The SAS may stand in a setting, where it is in no list of processes.
    const second = await command(['--from', 'OLD_STORE', '--key', 'OLD_KEY'], { OLD_STORE: from });
    expect(second.code).toBe(0);
    for (const name of names) expect(second.output).toContain(`${name}: imported before\n`);
    for (const { output } of [first, second]) expect(output).not.toContain('sig=');
  });

  it('says that the key is wrong where it opens no file', async () => {
    const from = directoryOf({ [fileName()]: storeFileText({ demo: madeEntry() }) });
    const { code, output } = await command(['--from', from, '--key', 'OTHER'], { OTHER: 'cd'.repeat(32) });
    expect(code).toBe(2);
    expect(output).toContain('Check the key: it opened none.');
  });

  it('takes the word of the owner on sids, and says which found nobody', async () => {
    const [name, entry] = [fileName(), madeEntry()];
    const from = directoryOf({ [name]: storeFileText({ demo: entry }) });
    const sids = join(
      directoryOf({ 'sids.json': JSON.stringify({ [`sid:${'0'.repeat(32)}`]: 'nobody' }) }),
      'sids.json',
    );
    const { code, output } = await command(['--from', from, '--key', 'OLD_KEY', '--sids', sids]);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/^1 of the sids in .* no user/m) });
  });

  it('of an empty directory has done nothing', async () => {
    const { code, output } = await command(['--from', directoryOf({}), '--key', 'OLD_KEY']);
    expect({ code, output }).toEqual({ code: 2, output: 'There are no files of a token store.\n' });
  });

  it.each([
    ['no options', [], 'npm run import -- --from'],
    ['the key in the place of its name', ['--from', '.', '--key', encryptionKey], 'What --key names is set neither'],
    ['the key without its option', ['--from', '.', encryptionKey], 'npm run import -- --from'],
    ['a setting that is not set', ['--from', '.', '--key', 'NONE'], 'NONE is set neither'],
    ['a setting that is no key', ['--from', '.', '--key', 'TOKENKEEP_PUBLIC_URL'], 'no key of 256 bits'],
    ['no such directory', ['--from', 'none', '--key', 'OLD_KEY'], 'cannot be read (ENOENT)'],
    ['no SAS URL', ['--from', 'https://example.com/?sig=x', '--key', 'OLD_KEY'], 'no container SAS URL'],
  ])('given %s says what it takes, in one line', async (_what, options, expected) => {
    const { code, output } = await command(options);
    expect(code).toBe(1);
    expect(output.trim().split('\n')).toEqual([expect.stringContaining(expected)]);
    expect(output).not.toContain(encryptionKey);
  });

  it('where the app is not configured says every wrong setting', async () => {
    const from = directoryOf({ [fileName()]: storeFileText({ demo: madeEntry() }) });
    const { code, output } = await command(['--from', from, '--key', 'OLD_KEY'], { TOKENKEEP_VAULT_URL: 'none' });
    expect(code).toBe(1);
    expect(output).toContain('TOKENKEEP_VAULT_URL');
    expect(output).not.toMatch(/^\s+at /m);
  });
});
