import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import type { KeyRing } from '../../shared/token-store/key-ring.ts';
import { open, seal } from '../../shared/token-store/seal.ts';
import { localStore } from './local-store.ts';

const place = 'sessions/one';
let local: Awaited<ReturnType<typeof localStore>>;
let ring: KeyRing;
let sealed: string;
beforeAll(async () => {
  local = await localStore();
  ring = local.ring();
  sealed = await seal(await ring.newest(), place, '{"v":1}');
});
afterAll(() => local.close());

/** What opening ends with: the code of the refusal, or 'opened'. */
async function outcome(text: string): Promise<string> {
  try {
    await open(ring, place, text);
    return 'opened';
  } catch (error) {
    return error instanceof TokenkeepError ? error.code : String(error);
  }
}

const aSeal = /^seal_/;

it('refuses a document with any byte changed', async () => {
  expect(await outcome(sealed)).toBe('opened');
  const bytes = Buffer.from(sealed, 'latin1');
  for (const at of bytes.keys()) {
    for (const bits of [0x01, 0x02, 0x20, 0x80, 0xff]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
      expect(await outcome(changed.toString('latin1')), `byte ${at} with bits ${bits}`).toMatch(aSeal);
    }
  }
});

it('refuses a document with any part of its end missing', async () => {
  for (let length = 0; length < sealed.length; length++) {
    expect(await outcome(sealed.slice(0, length)), `cut to ${length}`).toMatch(aSeal);
  }
});

it('refuses a document with anything added to it', async () => {
  for (const added of ['A', '=', '==', '.', '\n', ' ', '\0', `.${sealed}`]) {
    expect(await outcome(sealed + added), `then ${JSON.stringify(added)}`).toMatch(aSeal);
    expect(await outcome(added + sealed), `${JSON.stringify(added)} first`).toMatch(aSeal);
  }
});

it('refuses a document whose bytes are the same but spelled in another way', async () => {
  const inStandardBase64 = Buffer.from(sealed.split('.').at(3) ?? '', 'base64url').toString('base64');
  const parts = sealed.split('.');
  expect(await outcome(parts.with(3, inStandardBase64).join('.'))).toBe('seal_broken');
});

it('refuses a document put together from two', async () => {
  const other = await seal(await ring.newest(), place, '{"v":2}');
  const [mine, theirs] = [sealed.split('.'), other.split('.')];
  for (const at of [1, 2, 3, 4]) {
    expect(await outcome(mine.with(at, theirs[at] ?? '').join('.')), `part ${at}`).toBe('seal_broken');
  }
});

it('refuses whatever else lies there', async () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json(), fc.base64String());
  const fiveParts = fc.array(texts, { minLength: 5, maxLength: 5 }).map((parts) => parts.join('.'));
  await fc.assert(
    fc.asyncProperty(fc.oneof(texts, fiveParts), async (text) => {
      expect(await outcome(text)).toMatch(aSeal);
    }),
    { numRuns: 300 },
  );
});

it('refuses every header but the one that was written', async () => {
  const rest = sealed.slice(sealed.indexOf('.'));
  const headers = fc.record(
    { alg: fc.string(), enc: fc.string(), kid: fc.constantFrom('000001', '000002'), zip: fc.constant('DEF') },
    { requiredKeys: ['kid'] },
  );
  await fc.assert(
    fc.asyncProperty(headers, async (header) => {
      const text = Buffer.from(JSON.stringify(header)).toString('base64url') + rest;
      expect(await outcome(text)).toMatch(aSeal);
    }),
    { numRuns: 200 },
  );
});
