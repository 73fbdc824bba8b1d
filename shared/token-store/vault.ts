import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { CryptographyClient, KeyClient, KeyVaultKey } from '@azure/keyvault-keys';
import type { JWK } from 'jose';
import type { ErrorCode } from '../errors/table.ts';
import { isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';

/** A version of a vault key: its full identifier (`https://{vault}/keys/{name}/{version}`) and public half. */
export interface VaultKey {
  readonly id: string;
  readonly publicKey: JWK;
}

/**
 * The two keys that root everything: one wraps (RSA-3072, RSA-OAEP-256), one signs (P-256, ES256). Private operations
 * happen in Key Vault; wrapping and verifying need only the public halves and happen here.
 * Failures are `vault_unreachable`, `vault_key_disabled`, `vault_key_deleted` or `vault_access_refused`.
 */
export interface Vault {
  /** The newest version of the wrapping key. */
  wrappingKey(): Promise<VaultKey>;
  /** The newest version of the signing key. */
  signingKey(): Promise<VaultKey>;
  /** The version of the signing key that a key-ring epoch names; undefined where `id` is not that key at all. */
  signingKeyVersion(id: string): Promise<VaultKey | undefined>;
  /** Unwraps a content-encryption key by the wrapping-key version `id`; undefined where it is not that key at all. */
  unwrap(id: string, wrapped: Uint8Array): Promise<Uint8Array | undefined>;
  /** Signs `text` with ES256 by the signing-key version `id`: 64 bytes, r and s. */
  sign(id: string, text: string): Promise<Uint8Array>;
}

export interface VaultSettings {
  readonly url: string;
  readonly wrappingKeyName: string;
  readonly signingKeyName: string;
}

/** No call waits longer than this for Key Vault, in milliseconds. */
const callTimeout = 10_000;

/** Azure Key Vault by its own client, loaded on first use because most processes need it for seconds an hour. */
export function azureVault(settings: VaultSettings, credential: () => Promise<TokenCredential>): Vault {
  const loopback = new URL(settings.url).protocol === 'http:';
  const options = {
    retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
    ...(loopback ? { allowInsecureConnection: true, disableChallengeResourceVerification: true } : {}),
  };
  const clients = new Map<string, Promise<CryptographyClient>>();
  let keys: Promise<KeyClient> | undefined;

  const keyClient = (): Promise<KeyClient> => {
    keys ??= import('@azure/keyvault-keys').then(
      async ({ KeyClient }) => new KeyClient(settings.url, await credential(), options),
    );
    return keys;
  };
  const getKey = async (name: string, version?: string): Promise<KeyVaultKey> => {
    const client = await keyClient();
    return attempt(() => client.getKey(name, { ...bounded(), ...(version === undefined ? {} : { version }) }));
  };
  /**
   * One client a key version. It knows the identifier alone: given the key it would refuse what is past the key's dates
   * before asking, though Key Vault still unwraps with an expired key.
   */
  const cryptography = (name: string, id: string): Promise<CryptographyClient> => {
    const known = clients.get(id);
    if (known) return known;
    const key = { id, name, properties: { name, vaultUrl: settings.url } };
    const made = Promise.all([import('@azure/keyvault-keys'), credential()]).then(
      ([{ CryptographyClient }, identity]) => new CryptographyClient(key, identity, options),
    );
    clients.set(id, made);
    made.catch(() => clients.delete(id));
    return made;
  };
  const isVersionOf = (name: string, id: string): boolean =>
    keyVersion.test(versionOf(id)) && id === `${new URL(settings.url).origin}/keys/${name}/${versionOf(id)}`;
  /** Undefined where the key exists, but not in this version: Key Vault deletes none by itself, so it never did. */
  const ofVersion = async <T>(name: string, call: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await call();
    } catch (error) {
      if (!isTokenkeepError(error, 'vault_key_deleted')) throw error;
      await getKey(name);
      return undefined;
    }
  };

  return {
    wrappingKey: async () => vaultKey(await getKey(settings.wrappingKeyName)),
    signingKey: async () => vaultKey(await getKey(settings.signingKeyName)),

    async signingKeyVersion(id) {
      if (!isVersionOf(settings.signingKeyName, id)) return undefined;
      const key = await ofVersion(settings.signingKeyName, () => getKey(settings.signingKeyName, versionOf(id)));
      return key && vaultKey(key);
    },

    async unwrap(id, wrapped) {
      if (!isVersionOf(settings.wrappingKeyName, id)) return undefined;
      const client = await cryptography(settings.wrappingKeyName, id);
      const unwrapping = () => client.unwrapKey('RSA-OAEP-256', wrapped, bounded());
      const notWrappedByIt = { 400: undefined };
      return (await ofVersion(settings.wrappingKeyName, () => attempt(unwrapping, notWrappedByIt)))?.result;
    },

    async sign(id, text) {
      const client = await cryptography(settings.signingKeyName, id);
      const digest = createHash('sha256').update(text).digest();
      return (await attempt(() => client.sign('ES256', digest, bounded()))).result;
    },
  };
}

/** A version is 32 hexadecimal digits. */
const keyVersion = /^[\da-f]{32}$/i;

function versionOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

function bounded(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(callTimeout) };
}

/** Key Vault gives out the public half of a disabled key too, but does nothing with it. */
function vaultKey({ id, key, properties }: KeyVaultKey): VaultKey {
  if (properties.enabled === false) throw new TokenkeepError('vault_key_disabled');
  if (id === undefined || key === undefined)
    throw new TokenkeepError('vault_unreachable', { detail: 'no key material' });
  const { kty, crv, n, e, x, y } = key;
  const number = (bytes: Uint8Array | undefined) => (bytes ? Buffer.from(bytes).toString('base64url') : undefined);
  const jwk = { kty: kty?.replace('-HSM', ''), crv, n: number(n), e: number(e), x: number(x), y: number(y) };
  return { id, publicKey: Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== undefined)) as JWK };
}

/** Runs one call; expected statuses become their outcome, all others a TokenkeepError. */
async function attempt<T, Outcome = never>(
  call: () => Promise<T>,
  expected: Record<number, Outcome> = {},
): Promise<T | Outcome> {
  try {
    return await call();
  } catch (cause) {
    const { statusCode } = cause as { statusCode?: number };
    if (statusCode !== undefined && statusCode in expected) return expected[statusCode] as Outcome;
    throw new TokenkeepError(vaultErrorCode(cause), { cause });
  }
}

/**
 * Which of our errors a Key Vault failure is. A disabled key is a 403 with inner code KeyDisabled, a deleted one a 404
 * KeyNotFound: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes.
 */
function vaultErrorCode(error: unknown): ErrorCode {
  const { statusCode, code, details } = error as { statusCode?: number; code?: string; details?: unknown };
  const described = JSON.stringify(details ?? {});
  if (described.includes('KeyDisabled')) return 'vault_key_disabled';
  if (statusCode === 404 || code === 'KeyNotFound') return 'vault_key_deleted';
  if (statusCode === 401 || statusCode === 403) return 'vault_access_refused';
  return 'vault_unreachable';
}
