import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { CompactEncrypt, type CryptoKey, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { EpochSeconds, Random } from '../platform.ts';
import { isCompact } from './compact.ts';
import type { EpochNumber, UserId } from './names.ts';
import type { Vault } from './vault.ts';

/** One generation of the data keys, opened. */
export interface Epoch {
  readonly number: EpochNumber;
  readonly createdAt: EpochSeconds;
  /** 256-bit key-encryption key of session blobs (A256KW). */
  readonly sealing: Uint8Array;
  /** P-256, signs session blobs. */
  readonly blobSigning: KeyPair;
  /** P-256, signs session tokens; its public half is published. */
  readonly sessionSigning: KeyPair & { readonly publicJwk: JWK };
  /** 256-bit key of sign-in attempt cookies (dir, A256GCM), derived from the sealing key. */
  readonly attempts: Uint8Array;
  /** HMAC key of user ids, the same in every epoch. */
  readonly lookup: Uint8Array;
}

export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** What an epoch blob holds inside: a JWK set (RFC 7517 section 5) and two members of our own. */
interface EpochDocument {
  readonly epoch: EpochNumber;
  readonly created: EpochSeconds;
  readonly keys: readonly JWK[];
}

/** Makes the keys of a new epoch; the lookup key is carried forward from the epoch before. */
export async function generateEpoch(
  number: EpochNumber,
  created: EpochSeconds,
  random: Random,
  predecessor: Epoch | undefined,
): Promise<EpochDocument> {
  const symmetric = (kid: string, key: Uint8Array): JWK => ({
    kty: 'oct',
    kid,
    k: Buffer.from(key).toString('base64url'),
  });
  return {
    epoch: number,
    created,
    keys: [
      symmetric('sealing', random.bytes(32)),
      symmetric('lookup', predecessor?.lookup ?? random.bytes(32)),
      await signingJwk('blob-signing'),
      await signingJwk('session-signing'),
    ],
  };
}

/**
 * The blob of an epoch: a compact JWS signed by Key Vault over a compact JWE whose content key is wrapped for Key
 * Vault. Both name the version of the vault key in `kid`.
 */
export async function closeEpoch(vault: Vault, document: EpochDocument): Promise<string> {
  const [wrapping, signing] = await Promise.all([vault.wrappingKey(), vault.signingKey()]);
  const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(document)))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: wrapping.id })
    .encrypt(await importJWK(wrapping.publicKey, 'RSA-OAEP-256'));
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: signing.id, typ: epochType })).toString('base64url');
  const signed = `${header}.${Buffer.from(jwe).toString('base64url')}`;
  return `${signed}.${Buffer.from(await vault.sign(signing.id, signed)).toString('base64url')}`;
}

/**
 * Opens an epoch blob: its signature is checked here with the vault's public key, then one unwrap in Key Vault.
 * Throws `key_ring_damaged` for what was not made by `closeEpoch` with our vault's keys under this number.
 */
export async function openEpoch(vault: Vault, number: EpochNumber, blob: string): Promise<Epoch> {
  const jwe = await verifiedPayload(vault, blob);
  const document = await decrypt(vault, jwe);
  if (document.epoch !== number) throw damaged('an epoch under another number');
  const key = (kid: string): JWK => {
    const jwk = document.keys.find((candidate) => candidate.kid === kid);
    if (!jwk) throw damaged(`no ${kid} key`);
    return jwk;
  };
  const sealing = Buffer.from(key('sealing').k ?? '', 'base64url');
  const sessionSigning = key('session-signing');
  return {
    number,
    createdAt: document.created,
    sealing,
    blobSigning: await keyPair(key('blob-signing')),
    sessionSigning: { ...(await keyPair(sessionSigning)), publicJwk: { ...publicHalf(sessionSigning), kid: number } },
    attempts: new Uint8Array(hkdfSync('sha256', sealing, '', 'tokenkeep sign-in attempt', 32)),
    lookup: Buffer.from(key('lookup').k ?? '', 'base64url'),
  };
}

/** The user's id in blob names, and the `sid` that clients see: two unlike hashes under one key. */
export function userNames(
  epoch: Epoch,
  provider: string,
  issuer: string,
  subject: string,
): { user: UserId; sid: string } {
  const hash = (label: string): string =>
    createHmac('sha256', epoch.lookup)
      .update(JSON.stringify([label, provider, issuer, subject]))
      .digest('hex');
  return { user: hash('user') as UserId, sid: `sid:${hash('sid').slice(0, 32)}` };
}

/** Another name of a user in blob names: `name` is what a self-issued token or an older store calls the user. */
export function aliasOf({ lookup }: Epoch, provider: string, name: string): UserId {
  return createHmac('sha256', lookup)
    .update(JSON.stringify(['alias', provider, name]))
    .digest('hex') as UserId;
}

/** The name of an account that somebody who signs in otherwise has connected. It opens no session, as an alias would. */
export function connectionOf({ lookup }: Epoch, provider: string, issuer: string, subject: string): UserId {
  return createHmac('sha256', lookup)
    .update(JSON.stringify(['connected', provider, issuer, subject]))
    .digest('hex') as UserId;
}

const epochType = 'tokenkeep-epoch+1';

async function verifiedPayload(vault: Vault, blob: string): Promise<string> {
  if (!isCompact(blob, 3)) throw damaged('format');
  const { kid, typ } = parsed(() => decodeProtectedHeader(blob));
  const key = typeof kid === 'string' && typ === epochType ? await vault.signingKeyVersion(kid) : undefined;
  if (!key) throw damaged('not signed by the key that TOKENKEEP_SIGN_KEY names');
  const publicKey = await importJWK(key.publicKey, 'ES256');
  try {
    const { payload } = await compactVerify(blob, publicKey, { algorithms: ['ES256'] });
    return Buffer.from(payload).toString();
  } catch (cause) {
    throw damaged('signature', cause);
  }
}

/** RFC 7516 section 5.2, with step 9 (the content key) done by Key Vault. */
async function decrypt(vault: Vault, jwe: string): Promise<EpochDocument> {
  const [header = '', wrapped = '', iv = '', ciphertext = '', tag = ''] = jwe.split('.');
  const { alg, enc, kid } = parsed(() => decodeProtectedHeader(jwe));
  if (alg !== 'RSA-OAEP-256' || enc !== 'A256GCM' || typeof kid !== 'string') throw damaged('algorithm');
  const contentKey = await vault.unwrap(kid, Buffer.from(wrapped, 'base64url'));
  if (!contentKey) throw damaged('not wrapped by the key that TOKENKEEP_WRAP_KEY names');
  return parsed(() => {
    const decipher = createDecipheriv('aes-256-gcm', contentKey, Buffer.from(iv, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(header)).setAuthTag(Buffer.from(tag, 'base64url'));
    const plaintext = Buffer.concat([decipher.update(Buffer.from(ciphertext, 'base64url')), decipher.final()]);
    return JSON.parse(plaintext.toString()) as EpochDocument;
  });
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw damaged('format', cause);
  }
}

function damaged(detail: string, cause?: unknown): TokenkeepError {
  return new TokenkeepError('key_ring_damaged', { detail, cause });
}

async function signingJwk(kid: string): Promise<JWK> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { kty, crv, x, y, d, kid } as JWK;
}

async function keyPair(jwk: JWK): Promise<KeyPair> {
  const [privateKey, publicKey] = await Promise.all([importJWK(jwk, 'ES256'), importJWK(publicHalf(jwk), 'ES256')]);
  return { privateKey: privateKey as CryptoKey, publicKey: publicKey as CryptoKey };
}

function publicHalf({ kty, crv, x, y }: JWK): JWK {
  return { kty, crv, x, y, alg: 'ES256', use: 'sig' } as JWK;
}
