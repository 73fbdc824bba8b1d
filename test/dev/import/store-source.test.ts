import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { storeFiles } from '../../../dev/import/store-source.ts';
import { containerSasUrl } from '../../../dev/services.ts';

/** Everything that a source gives, by name: the content as text, or undefined for a file that is too large. */
async function everything(from: string): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  for await (const file of storeFiles(from)) {
    const read = await file.read();
    found[file.name] = read && Buffer.from(read.content).toString();
  }
  return found;
}

const tooLarge = 'x'.repeat(1024 * 1024 + 1);

describe('a directory', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-store-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('gives all its files, to be reported each, and nothing of one that is too large', async () => {
    writeFileSync(join(directory, 'aa.json'), 'é');
    writeFileSync(join(directory, 'bb.JSON'), '');
    writeFileSync(join(directory, 'cc.json'), tooLarge);
    writeFileSync(join(directory, 'dd.txt'), 'no');
    mkdirSync(join(directory, 'ee.json'));
    expect(await everything(directory)).toEqual({
      'aa.json': 'é',
      'bb.JSON': '',
      'cc.json': undefined,
      'dd.txt': 'no',
    });
  });

  it('says when a file was written', async () => {
    utimesSync(join(directory, 'aa.json'), 1_600_000_000, 1_600_000_000);
    for await (const file of storeFiles(directory)) {
      if (file.name === 'aa.json') expect((await file.read())?.writtenAt).toBe(1_600_000_000);
    }
  });

  it('that is not there is told so', async () => {
    await expect(everything(join(directory, 'none'))).rejects.toThrow('cannot be read (ENOENT)');
  });
});

describe('a container', () => {
  const name = `old-${randomBytes(6).toString('hex')}`;
  let sas: (permissions: string) => Promise<string>;
  let container: ContainerClient;
  beforeAll(async () => {
    const azurite = inject('azurite') as Parameters<typeof containerSasUrl>[0];
    sas = (permissions) => containerSasUrl(azurite, name, permissions);
    container = new ContainerClient(await sas('rwdl'));
  });
  const upload = (blob: string, text: string) =>
    container.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text));

  it('gives the blobs at its root to a SAS that may read and list', async () => {
    await upload('aa.json', 'é');
    await upload('readme', 'no');
    await upload('large.json', tooLarge);
    await upload('sessions/bb.json', 'of Tokenkeep itself');
    expect(await everything(await sas('rl'))).toEqual({ 'aa.json': 'é', readme: 'no', 'large.json': undefined });
  });

  it('says when a blob was written', async () => {
    const { lastModified } = await container.getBlobClient('aa.json').getProperties();
    for await (const file of storeFiles(await sas('rl'))) {
      if (file.name === 'aa.json') expect((await file.read())?.writtenAt).toBe(Number(lastModified) / 1000);
    }
  });

  it('of more than a page gives all pages', async () => {
    const names = Array.from({ length: 1001 }, (_, index) => `${index}.json`);
    const rest = [...names];
    const worker = async () => {
      for (let next = rest.pop(); next; next = rest.pop()) await upload(next, '');
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const found: string[] = [];
    for await (const file of storeFiles(await sas('rl'))) found.push(file.name);
    expect(found).toEqual(expect.arrayContaining(names));
  });

  it('that may not be listed is an error that does not hold the SAS', async () => {
    const url = await sas('r');
    const refused = await everything(url).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'container_access_refused' });
    expect(String(refused)).not.toContain(new URL(url).searchParams.get('sig'));
  });

  it.each(['https://account.blob.core.windows.net/tokens', 'http://example.com/tokens?sig=secret', 'https://'])(
    '%s is no SAS URL of one, and is not quoted',
    (url) => {
      expect(() => storeFiles(url)).toThrow('no container SAS URL');
      expect(() => storeFiles(url)).not.toThrow(/secret/);
    },
  );
});
