import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { writePrivateFile } from '../private-file.ts';

/** The provider's secrets: signing keys, private parts included, the newest of each kind first, and cookie keys. */
export interface ProviderKeys {
  signing: JWK[];
  cookies: string[];
}

/**
 * The keys kept in the directory, or new ones (kept there when a directory is given). RS256 signs ID tokens unless a
 * client asks for ES256.
 */
export async function loadKeys(directory?: string): Promise<ProviderKeys> {
  const kept = directory && readKeys(directory);
  if (kept) return kept;
  const signing = [await signingKey('RS256'), await signingKey('ES256')];
  return keep({ signing, cookies: [randomBytes(32).toString('base64url')] }, directory);
}

/**
 * Adds a new RS256 key, which signs from then on. The key before it stays published, so that ID tokens already out
 * still verify; the one before that goes (OpenID Connect Core section 10.1.1).
 */
export async function rotateKeys(keys: ProviderKeys, directory?: string): Promise<ProviderKeys> {
  const previous = keys.signing.find(({ alg }) => alg === 'RS256');
  const others = keys.signing.filter(({ alg }) => alg !== 'RS256');
  const signing = [await signingKey('RS256'), ...(previous ? [previous] : []), ...others];
  return keep({ ...keys, signing }, directory);
}

async function signingKey(alg: 'RS256' | 'ES256'): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' };
}

function keep(keys: ProviderKeys, directory: string | undefined): ProviderKeys {
  if (directory) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writePrivateFile(keysFile(directory), JSON.stringify(keys));
  }
  return keys;
}

function readKeys(directory: string): ProviderKeys | undefined {
  let text: string;
  try {
    text = readFileSync(keysFile(directory), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text);
}

function keysFile(directory: string): string {
  return join(directory, 'keys.json');
}
