import { expect, it } from 'vitest';
import { storeKey } from '../../../dev/import/open-entry.ts';
import { openFile } from '../../../dev/import/open-file.ts';
import { encrypted, encryptionKey, storeFileText } from './store-files.ts';

const key =
  storeKey(encryptionKey) ??
  (() => {
    throw new Error('no key');
  })();
const aad = {
  access_token: 'a',
  user_id: 'ada@example.com',
  user_claims: [{ typ: 'iss', val: 'https://sts.example/' }],
};
const google = { access_token: 'g', refresh_token: null, user_claims: [] };
const open = (text: string) => openFile(Buffer.from(text), key);

it('gives every entry of a file, by provider', () => {
  const opened = open(storeFileText({ aad, google }));
  expect(opened.ok && [...opened.entries]).toEqual([
    ['aad', aad],
    ['google', google],
  ]);
});

it('knows providers by any of their names', () => {
  const opened = open(storeFileText({ AAD: aad, x: google }));
  expect(opened.ok && [...opened.entries.keys()]).toEqual(['aad', 'twitter']);
});

it('reads a file in the clear, its entries as objects or as texts', () => {
  for (const one of [aad, JSON.stringify(aad)]) {
    const opened = open(`\uFEFF${JSON.stringify({ encrypted: false, tokens: { aad: one } })}`);
    expect(opened.ok && opened.entries.get('aad')).toEqual(aad);
  }
});

it('gives nothing of a file of which one entry does not open', () => {
  const other = encrypted(google, 'ab'.repeat(32));
  const text = JSON.stringify({ encrypted: true, tokens: { aad: encrypted(aad), google: other } });
  expect(open(text)).toEqual({ ok: false, reason: 'wrong-key' });
});

it.each([
  ['not-json', ''],
  ['not-json', '{"encrypted":true,'],
  ['not-a-token-file', '[]'],
  ['not-a-token-file', '{"encrypted":true,"tokens":{}}'],
  ['not-a-token-file', '{"encrypted":true,"tokens":{"aad":5}}'],
  ['not-a-token-file', '{"tokens":{"aad":"no entry"}}'],
  ['changed', JSON.stringify({ encrypted: true, tokens: { aad: encrypted({ access_token: 5 }) } })],
])('says %s of %s', (reason, text) => {
  expect(open(text)).toEqual({ ok: false, reason });
});
