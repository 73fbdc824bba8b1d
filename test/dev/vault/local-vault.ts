import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { vi } from 'vitest';
import { startIdentity } from '../../../dev/identity/identity.ts';
import type { startVault } from '../../../dev/vault/vault.ts';

/** The two concessions to http, and no retries: a test wants the first answer. */
const clientOptions = {
  allowInsecureConnection: true,
  disableChallengeResourceVerification: true,
  retryOptions: { maxRetries: 0 },
};

export type Identity = Awaited<ReturnType<typeof startIdentity>>;
export type Vault = Awaited<ReturnType<typeof startVault>>;

/** A local identity in this process's environment. One test file can have one: the client library keeps the first. */
export async function identityOfThisProcess(): Promise<Identity> {
  const identity = await startIdentity();
  for (const [name, value] of Object.entries(identity.environment)) vi.stubEnv(name, value);
  return identity;
}

export function keyClient(vault: Vault, credential: TokenCredential = new ManagedIdentityCredential()): KeyClient {
  return new KeyClient(vault.url, credential, { ...clientOptions });
}

export function cryptographyClient(vault: Vault, name: string, version = ''): CryptographyClient {
  const id = `${vault.url}/keys/${name}/${version}`;
  return new CryptographyClient(id, new ManagedIdentityCredential(), { ...clientOptions });
}

/** A request without a client library. */
export function send(vault: Vault, path: string, init: { token?: string; method?: string; body?: object } = {}) {
  return fetch(`${vault.url}${path}`, {
    method: init.method ?? 'GET',
    headers: init.token === undefined ? {} : { authorization: `Bearer ${init.token}` },
    ...(init.body && { body: JSON.stringify(init.body) }),
  });
}

/** A token straight from the endpoint, for any resource. */
export async function tokenFrom(identity: Identity, resource: string): Promise<string> {
  const url = `${identity.endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
  const response = await fetch(url, { headers: { 'x-identity-header': identity.header } });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

/** What the client library makes of a refusal: `[status, code, inner code]`. */
export async function refusal(call: Promise<unknown>): Promise<(number | string | undefined)[]> {
  try {
    await call;
  } catch (error) {
    const { statusCode, code, details } = error as {
      statusCode?: number;
      code?: string;
      details?: { error?: { innerError?: { code?: string } } };
    };
    return [statusCode, code, details?.error?.innerError?.code];
  }
  throw new Error('the call was not refused');
}
