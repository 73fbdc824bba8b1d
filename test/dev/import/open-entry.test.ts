import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openEntry, type StoreKey, storeKey } from '../../../dev/import/open-entry.ts';
import { encrypted, encryptionKey } from './store-files.ts';

const entry = {
  access_token: randomBytes(600).toString('base64url'),
  expires_on: '2016-10-07T20:24:55.2574210Z',
  provider_name: 'aad',
  user_claims: [{ typ: 'name', val: 'Zoë Ångström 東京' }],
  user_id: 'zoe@example.com',
};

function key(text = encryptionKey): StoreKey {
  const bytes = storeKey(text);
  if (!bytes) throw new Error('no key');
  return bytes;
}

/** The value with one bit of its byte at `index` turned over. */
function flipped(value: string, index: number): string {
  const bytes = Buffer.from(value, 'base64');
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString('base64');
}

describe('the key', () => {
  it('is read as hex in either case, or as base64', () => {
    const bytes = randomBytes(32);
    for (const text of [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64')]) {
      expect(storeKey(text)).toEqual(bytes);
    }
  });

  it.each(['', 'secret', 'ab'.repeat(16), 'ab'.repeat(48)])('is none of 256 bits: "%s"', (text) => {
    expect(storeKey(text)).toBeUndefined();
  });
});

describe('an encrypted entry', () => {
  it('opens under its key', () => {
    expect(openEntry(encrypted(entry), key())).toEqual({ ok: true, document: entry });
  });

  it('is known to be under another key', () => {
    for (let times = 0; times < 50; times++) {
      const other = randomBytes(32).toString('hex');
      expect(openEntry(encrypted(entry, other), key())).toEqual({ ok: false, reason: 'wrong-key' });
    }
  });

  it.each([
    ['in the IV', () => 0],
    ['in the middle', (length: number) => Math.floor(length / 2)],
    ['in the last block', (length: number) => length - 5],
  ])('is known to be changed %s', (_where, at) => {
    const value = encrypted(entry);
    const changed = flipped(value, at(Buffer.from(value, 'base64').length));
    expect(openEntry(changed, key())).toEqual({ ok: false, reason: 'changed' });
  });

  it.each([
    ['a byte', 1],
    ['a block', 16],
    ['all but the IV', Number.POSITIVE_INFINITY],
  ])('is known to be cut short by %s', (_what, bytes) => {
    const whole = Buffer.from(encrypted(entry), 'base64');
    const cut = whole.subarray(0, Math.max(whole.length - bytes, 16)).toString('base64');
    expect(openEntry(cut, key())).toEqual({ ok: false, reason: 'changed' });
  });

  it.each([
    ['nothing', ''],
    ['no base64', 'not base64!'],
    ['an entry with more behind it', `${encrypted(entry)}\n`],
  ])('is not %s', (_what, value) => {
    expect(openEntry(value, key())).toEqual({ ok: false, reason: 'changed' });
  });
});
