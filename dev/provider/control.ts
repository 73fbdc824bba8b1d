import type { JWK } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { revokeGrants } from './adapter.ts';
import { type Endpoint, endpointPaths } from './configuration.ts';
import type { Fault, Faults } from './faults.ts';
import type { RecordStore } from './record-store.ts';
import { type TamperKind, tamperIdToken } from './tamper.ts';

/** Makes the provider behave as real ones do on their worse days. */
export interface ProviderControl {
  /** Lets an endpoint fail. Faults of one endpoint follow each other in the order given. */
  fail(endpoint: Endpoint, fault: Fault): void;
  /** Spoils the ID token of the next token response, or of the next `times` ones that carry an ID token. */
  tamper(kind: TamperKind, times?: number): void;
  /** Signs ID tokens with a new key from now on. The key before it stays published, the one before that goes. */
  rotateSigningKey(): Promise<void>;
  /** Withdraws everyone's consent: every refresh token is refused from now on. Returns the number of grants. */
  revokeAllGrants(): number;
  /** Withdraws the consent of one user. Returns the number of grants. */
  revokeGrantsOf(sub: string): number;
  /** Ends every fault and spoiling. Revoked grants and rotated keys stay as they are. */
  clear(): void;
}

/** The spoilings that wait for a token response, first come first served. */
export class Tampering {
  #waiting: TamperKind[] = [];

  add(kind: TamperKind, times: number): void {
    this.#waiting.push(...Array.from({ length: times }, () => kind));
  }

  take(): TamperKind | undefined {
    return this.#waiting.shift();
  }

  clear(): void {
    this.#waiting = [];
  }
}

/** Spoils the ID token in what the token endpoint answers. `signingKeys` are asked for at each use, for they rotate. */
export function tamperedTokens(tampering: Tampering, signingKeys: () => readonly JWK[]) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (ctx.path !== endpointPaths.token || !hasIdToken(ctx.body)) return;
    const kind = tampering.take();
    if (kind) ctx.body = { ...ctx.body, id_token: await tamperIdToken(kind, ctx.body.id_token, signingKeys()) };
  };
}

function hasIdToken(body: unknown): body is { id_token: string } {
  return typeof body === 'object' && body !== null && 'id_token' in body && typeof body.id_token === 'string';
}

export function providerControl(parts: {
  faults: Faults;
  tampering: Tampering;
  store: RecordStore;
  rotateSigningKey: () => Promise<void>;
}): ProviderControl {
  const { faults, tampering, store, rotateSigningKey } = parts;
  return {
    fail: (endpoint, fault) => faults.add(endpoint, fault),
    tamper: (kind, times = 1) => tampering.add(kind, times),
    rotateSigningKey,
    revokeAllGrants: () => revokeGrants(store),
    revokeGrantsOf: (sub) => revokeGrants(store, sub),
    clear: () => {
      faults.clear();
      tampering.clear();
    },
  };
}
