import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { stopChild } from '../../dev/child.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const names = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

let child: ReturnType<typeof command>;
afterEach(() => stopChild(child));

function command(...arguments_: string[]) {
  return spawn(process.execPath, [`${examples}start.ts`, ...arguments_], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the command of the examples', () => {
  it('says what examples there are where it is given none', async () => {
    child = command('tetris');
    const complaint: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(Buffer.concat(complaint).toString()).toContain(`one of: ${names.join(', ')}`);
  });

  it('starts one, and ends it when it is told to', async () => {
    child = command('native-app');
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (printed.includes('Ctrl-C')) break;
    }
    expect(printed).toMatch(/http:\/\/localhost:\d+\/\.auth\/login\/demo\?/);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('is told of in the table of the page, one row for each', () => {
    const page = readFileSync(`${examples}README.md`, 'utf8');
    expect([...page.matchAll(/npm run example -- ([\w-]+)`/g)].map(([, name]) => name).sort()).toEqual(names);
  });
});
