import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stopChild } from '../../dev/child.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const names = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

let child: ReturnType<typeof command>;
let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'tokenkeep-test-'));
});
afterEach(async () => {
  await stopChild(child);
  rmSync(temporary, { recursive: true, force: true });
});

/** Started with a folder of its own for temporary files. */
function command(...arguments_: string[]) {
  return spawn(process.execPath, [`${examples}start.ts`, ...arguments_], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
}

describe('the command of the examples', () => {
  it('says what examples there are where it is given none', async () => {
    child = command('tetris');
    const complaint: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(Buffer.concat(complaint).toString()).toContain(`one of: ${names.join(', ')}`);
  });

  it('starts one, and ends it without a trace when it is told to, more than once as npm does', async () => {
    child = command('native-app');
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (printed.includes('Ctrl-C') && /http:\/\/localhost:\d+\/\.auth\/login\/demo\?/.test(printed)) break;
    }
    const exit = once(child, 'exit');
    expect(readdirSync(temporary)).not.toEqual([]);
    const insisting = setInterval(() => child.kill('SIGINT'), 5);
    expect(await exit.finally(() => clearInterval(insisting))).toEqual([0, null]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('is told of in the table of the page, one row for each', () => {
    const page = readFileSync(`${examples}README.md`, 'utf8');
    expect([...page.matchAll(/npm run example -- ([\w-]+)`/g)].map(([, name]) => name).sort()).toEqual(names);
  });
});
