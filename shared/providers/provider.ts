import type { AccessToken, IdToken, RefreshToken } from '../telemetry/secret.ts';

/** Claims as the provider states them, before any mapping. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who somebody is to a provider. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
}

/** What a token endpoint gave. */
export interface TokenSet {
  readonly accessToken: AccessToken;
  readonly idToken?: IdToken;
  /** Absent where the provider issued none, or keeps the old one valid. */
  readonly refreshToken?: RefreshToken;
  /** Seconds; absent where the provider does not say. */
  readonly expiresIn?: number;
}

/** What goes into an authorization request (OpenID Connect Core section 3.1.2.1, RFC 7636). */
export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Further parameters of the app's own: `scope`, `prompt`, `login_hint`, … */
  readonly extra: Readonly<Record<string, string>>;
}

/** What came back to the redirect address, and what the request had said. */
export interface AuthorizationResponse {
  readonly code: string;
  /** The `iss` parameter (RFC 9207). */
  readonly issuer: string | undefined;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export type RefreshResult =
  | { readonly ok: true; readonly tokens: TokenSet; readonly claims?: Claims }
  | { readonly ok: false; readonly failure: RefreshFailure };

export interface RefreshFailure {
  /** `refused`: for good, sign-in is needed. `unavailable`: may succeed later, nothing is lost. */
  readonly kind: 'refused' | 'unavailable';
  /** The provider's error code, or what was wrong with its answer: lower-case words and underscores. */
  readonly reason: string;
  /** Seconds, where the provider said so. */
  readonly retryAfterSeconds?: number;
}

/** An identity provider, ready to use. */
export interface Provider {
  readonly name: string;
  /** Where to send the browser. Throws `provider_unavailable` or `provider_misconfigured`. */
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  /** Redeems an authorization code and checks everything that comes with it. Throws `sign_in_*`, `id_token_invalid`, `provider_*`. */
  redeem(response: AuthorizationResponse): Promise<Identity & { readonly tokens: TokenSet }>;
  /** Redeems a refresh token. Every failure is a value. */
  refresh(refreshToken: RefreshToken, identity: Identity): Promise<RefreshResult>;
  /** Revokes a refresh token (RFC 7009): false where the provider has no such endpoint. Throws `provider_*`. */
  revoke(refreshToken: RefreshToken): Promise<boolean>;
  /** What people call this user: the contract's `user_id`. */
  displayName(claims: Claims, subject: string): string;
}
