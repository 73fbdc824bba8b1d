import type { JWTPayload } from 'jose';
import type { ProviderSettings } from '../../../shared/providers/registry.ts';
import type { Impersonator } from '../impersonators/impersonator.ts';

/** A server in place of the vendor's. */
export type Vendor = Pick<Impersonator, 'fail' | 'received' | 'clear' | 'close'>;

/** What a client posts to sign in by itself. */
export type Body = Readonly<Record<string, string>>;

/** Status and code of a problem. */
export type Refusal = readonly [status: number, code: string];

/** How an ID token can be bad, in the words of the demo provider's `control.tamper`. */
export const spoilings = ['wrong-aud', 'wrong-iss', 'expired', 'bad-signature'] as const;
export type Spoiling = (typeof spoilings)[number];

/** A provider in one of its forms, and how to bring good and bad input to it. */
export interface Subject {
  readonly title: string;
  /** As paths have it. */
  readonly name: string;
  /** Starts the vendor's stand-in; what is below works from then on. */
  start(): Promise<Vendor>;
  /** The registration; with this client secret in place of the one that the vendor knows. */
  settings(secret?: string): ProviderSettings;
  /** Where the vendor is asked for tokens. */
  readonly tokenPath: string;
  /** Everything else that is asked in the course of a callback by an app that has just started. */
  readonly callbackPaths: readonly string[];
  /** Whether the vendor wants the client secret before it shows its page, not only for the tokens. */
  readonly needsSecretFirst?: true;
  /** The query of a sign-in that brings a refresh token; undefined where none ever comes. */
  readonly offline: string | undefined;
  /** Ends every refresh token, or what takes its place. */
  revoke(): void;
  /** Lets the token endpoint answer with an ID token that is bad in this way; absent where the vendor has none. */
  readonly spoilIdToken?: (spoiling: Spoiling, nonce: string | undefined) => Promise<void>;
  /** What a client may bring, and the paths that are asked about it by an app that has just started. */
  readonly brings: readonly {
    readonly what: string;
    readonly body: () => Promise<Body> | Body;
    readonly asks: readonly string[];
    /** Where the vendor refuses the client secret; absent where it is not used. */
    readonly wrongSecret?: Refusal;
  }[];
  /** What a client must not bring. */
  readonly refuses: readonly (readonly [what: string, body: () => Promise<Body> | Body, ...Refusal])[];
}

/** An ID token that is bad in this way, made by whoever signs for the vendor. */
export async function spoiltIdToken(
  spoiling: Spoiling,
  sign: (changes: JWTPayload) => Promise<string>,
  nonce?: string,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const changes: Record<Spoiling, JWTPayload> = {
    'wrong-aud': { aud: 'another-app', azp: undefined },
    'wrong-iss': { iss: 'https://issuer.example' },
    expired: { iat: now - 7200, nbf: now - 7200, exp: now - 3600 },
    'bad-signature': {},
  };
  const token = await sign({ ...(nonce === undefined ? {} : { nonce }), ...changes[spoiling] });
  return spoiling === 'bad-signature' ? withOtherClaims(token) : token;
}

/** The JWT of somebody else under the signature of this one. */
function withOtherClaims(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'somebody-else' };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

/** A good answer of a token endpoint, but for its ID token. */
export function tokenAnswer(idToken: string) {
  return {
    body: { access_token: 'an-access-token-beside-it', token_type: 'Bearer', expires_in: 3600, id_token: idToken },
  };
}

/** ID tokens that are bad in every way. */
export const spoiltBodies = (idToken: (spoiling: Spoiling) => Promise<string>): Subject['refuses'] =>
  spoilings.map((spoiling) => [
    `an ID token: ${spoiling}`,
    async () => ({ id_token: await idToken(spoiling) }),
    401,
    'client_token_refused',
  ]);
