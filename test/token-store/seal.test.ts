import fc from 'fast-check';
import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Epoch } from '../../shared/token-store/epoch.ts';
import type { KeyRing } from '../../shared/token-store/key-ring.ts';
import { open, seal } from '../../shared/token-store/seal.ts';
import { localStore } from './local-store.ts';

let local: Awaited<ReturnType<typeof localStore>>;
let ring: KeyRing;
let epoch: Epoch;
beforeAll(async () => {
  local = await localStore();
  ring = local.ring();
  epoch = await ring.newest();
});
afterAll(() => local.close());

const place = 'sessions/one';
const document = JSON.stringify({ v: 1, token: 'very secret' });

it('opens every document that was sealed for the same place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.string(), async (text, where) => {
      const sealed = await seal(epoch, where, text);
      expect(await open(ring, where, sealed)).toEqual({ document: text, epoch: epoch.number });
    }),
    { numRuns: 50 },
  );
});

it('opens a document for no other place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (where, elsewhere) => {
      fc.pre(where !== elsewhere);
      await expect(open(ring, elsewhere, await seal(epoch, where, document))).rejects.toMatchObject({
        code: 'seal_misplaced',
      });
    }),
    { numRuns: 50 },
  );
});

it('shows nothing of the document, and never seals it the same way twice', async () => {
  const [one, other] = await Promise.all([seal(epoch, place, document), seal(epoch, place, document)]);
  const parts = one.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  expect(parts.join()).not.toContain('secret');
  expect(one.split('.').slice(1)).not.toEqual(other.split('.').slice(1));
});

it('writes what any JOSE library opens that has the keys: a signed document inside an encrypted one', async () => {
  const sealed = await seal(epoch, place, document);
  const outer = await compactDecrypt(sealed, epoch.sealing);
  expect(outer.protectedHeader).toEqual({ alg: 'A256KW', enc: 'A256GCM', kid: '000001', cty: 'JWS' });
  const inner = await compactVerify(outer.plaintext, epoch.blobSigning.publicKey);
  expect(inner.protectedHeader).toEqual({ alg: 'ES256', kid: '000001', typ: 'tokenkeep+1', place });
  expect(Buffer.from(inner.payload).toString()).toBe(document);
});

/** What somebody makes who has keys, with what they got wrong. */
interface Forgery {
  readonly inner?: Record<string, unknown>;
  readonly outer?: Record<string, unknown>;
  readonly signWith?: Epoch['blobSigning']['privateKey'] | Uint8Array;
  readonly encryptFor?: Uint8Array;
}

async function forged({ inner, outer, signWith, encryptFor }: Forgery): Promise<string> {
  const kid = epoch.number;
  const signed = await new CompactSign(Buffer.from(document))
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'tokenkeep+1', place, ...inner })
    .sign(signWith ?? epoch.blobSigning.privateKey);
  return new CompactEncrypt(Buffer.from(signed))
    .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid, cty: 'JWS', ...outer })
    .encrypt(encryptFor ?? epoch.sealing);
}

const anotherKey = () => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const refused = (sealed: string) => expect(open(ring, place, sealed)).rejects;

describe('refuses', () => {
  it('nothing that is made as it should be', async () => {
    expect(await open(ring, place, await forged({}))).toEqual({ document, epoch: epoch.number });
  });

  it.each<[string, Forgery]>([
    ['another key management algorithm', { outer: { alg: 'dir' } }],
    ['a password for a key', { outer: { alg: 'PBES2-HS256+A128KW' } }],
    ['a key management algorithm of the same family', { outer: { alg: 'A256GCMKW' } }],
    ['another content encryption algorithm', { outer: { enc: 'A128GCM' } }],
    ['a content encryption algorithm without GCM', { outer: { enc: 'A256CBC-HS512' } }],
    ['an inner document under an HMAC', { inner: { alg: 'HS256' }, signWith: Buffer.alloc(32, 1) }],
  ])('%s', async (_, forgery) => {
    await refused(await forged(forgery)).toMatchObject({ code: 'seal_algorithm_refused' });
  });

  it('an inner document that says it is not signed', async () => {
    const header = Buffer.from(JSON.stringify({ alg: 'none', kid: epoch.number, typ: 'tokenkeep+1', place }));
    const unsigned = `${header.toString('base64url')}.${Buffer.from(document).toString('base64url')}.`;
    const sealed = await new CompactEncrypt(Buffer.from(unsigned))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: epoch.number, cty: 'JWS' })
      .encrypt(epoch.sealing);
    await refused(sealed).toMatchObject({ code: 'seal_algorithm_refused' });
  });

  it('an inner document that another key has signed', async () => {
    const { privateKey } = await anotherKey();
    await refused(await forged({ signWith: privateKey })).toMatchObject({ code: 'seal_signature_invalid' });
  });

  it('an inner document that the key of session tokens has signed', async () => {
    const signWith = epoch.sessionSigning.privateKey;
    await refused(await forged({ signWith })).toMatchObject({ code: 'seal_signature_invalid' });
  });

  it('a document that is encrypted for another key', async () => {
    await refused(await forged({ encryptFor: Buffer.alloc(32, 7) })).toMatchObject({ code: 'seal_broken' });
    await refused(await forged({ encryptFor: epoch.attempts })).toMatchObject({ code: 'seal_broken' });
  });

  it('a document of another type or version', async () => {
    for (const typ of ['tokenkeep+2', 'JWT', undefined]) {
      await refused(await forged({ inner: { typ } })).toMatchObject({ code: 'seal_malformed' });
    }
  });

  it('a document whose inner epoch is not the outer one', async () => {
    await refused(await forged({ inner: { kid: '000002' } })).toMatchObject({ code: 'seal_malformed' });
  });

  it('a document of an epoch that does not exist', async () => {
    await refused(await forged({ outer: { kid: '000777' } })).toMatchObject({ code: 'seal_epoch_unknown' });
  });

  it('a document that names no epoch', async () => {
    for (const kid of [undefined, '', 'x', '1', 1, ['000001']]) {
      const sealed = await forged({ outer: { kid } });
      await expect(open(ring, place, sealed)).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^seal_(malformed|epoch_unknown)$/) }),
      );
    }
  });

  it('a document without a place', async () => {
    await refused(await forged({ inner: { place: undefined } })).toMatchObject({ code: 'seal_misplaced' });
  });
});
