import type { Platform } from '../platform.ts';
import type {
  AccessToken,
  AuthorizationCode,
  IdToken,
  RefreshToken,
  RequestTokenSecret,
  TokenSecret,
} from '../telemetry/secret.ts';

/** What providers are made with. */
export interface ProviderParts extends Platform {
  /** An access token of the managed identity with this client id; absent where the platform offers no identity. */
  readonly identityToken?: (scope: string, clientId: string) => Promise<string>;
}

/** Claims as the provider states them, before any mapping. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who somebody is to a provider. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
}

/** What a provider, or a client that signed in by itself, gave. */
export interface TokenSet {
  /** Absent where a client brought nothing but an ID token. */
  readonly accessToken?: AccessToken;
  /** The other half of an OAuth 1.0a access token (RFC 5849 section 2.3). */
  readonly accessTokenSecret?: TokenSecret;
  readonly idToken?: IdToken;
  /** Absent where the provider issued none, or keeps the old one valid. */
  readonly refreshToken?: RefreshToken;
  /** Seconds; absent where the provider does not say. */
  readonly expiresIn?: number;
  /** What the tokens are good for; absent where the provider does not say, because it is what was asked for or before. */
  readonly scopes?: readonly string[];
  /** The resources (RFC 8707) that were asked for with them; absent where none was named. */
  readonly resources?: readonly string[];
  /** Seconds until the tokens are to be refreshed, where the provider has rules other than "shortly before they expire". */
  readonly refreshAfter?: number;
}

export interface SignedIn extends Identity {
  readonly tokens: TokenSet;
}

/** What goes into an authorization request (OpenID Connect Core section 3.1.2.1, RFC 7636). */
export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Further parameters of the app's own: `scope`, `prompt`, `login_hint`, … */
  readonly extra: Readonly<Record<string, string>>;
  /** Where the user connects an account: what is asked for comes on top of what is configured, and of this. */
  readonly addsTo?: Granted;
}

/** What an account has granted before; nothing where it is not known yet. */
export interface Granted {
  readonly claims: Claims;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
}

/** Where to send the browser, and what the provider needs to know again when it comes back. */
export interface AuthorizationRedirect {
  readonly url: URL;
  readonly requestToken?: RequestToken;
}

/** Temporary credentials of OAuth 1.0a (RFC 5849 section 2.1). The token is in the address, as `state` is. */
export interface RequestToken {
  readonly token: string;
  readonly secret: RequestTokenSecret;
}

/** What came back to the redirect address, and what the request had said. */
export interface AuthorizationResponse {
  /** Each parameter once: `code`, `iss` (RFC 9207), `oauth_verifier` (OAuth 1.0a), `user` (Apple). */
  readonly parameters: Readonly<Record<string, string>>;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly requestToken?: RequestToken;
}

/** The tokens that a native SDK got and the client hands over (client-directed sign-in). */
export interface ClientTokens {
  readonly accessToken?: AccessToken;
  readonly accessTokenSecret?: TokenSecret;
  readonly idToken?: IdToken;
  readonly refreshToken?: RefreshToken;
  /** A code that the SDK got for the server (Google); `redirectUri` is the one it was issued for. */
  readonly authorizationCode?: AuthorizationCode;
  readonly redirectUri?: string;
  /** Seconds that the access token still lives. */
  readonly expiresIn?: number;
}

/** A further API that a refresh token may give access tokens for: by `resource` (RFC 8707, Entra v1) or `scope`. */
export interface Target {
  readonly resource?: string;
  readonly scope?: string;
}

export type RefreshResult =
  | { readonly ok: true; readonly tokens: TokenSet; readonly claims?: Claims }
  | { readonly ok: false; readonly failure: RefreshFailure };

export interface RefreshFailure {
  /**
   * `refused`: for good, sign-in is needed. `unavailable`: may succeed later, the refresh token is as good as before.
   * `unanswered`: no answer, or none that says what became of the refresh token: it may be spent.
   */
  readonly kind: 'refused' | 'unavailable' | 'unanswered';
  /** The provider's error code, or what was wrong with its answer: lower-case words and underscores. */
  readonly reason: string;
  /** Seconds, where the provider said so. */
  readonly retryAfterSeconds?: number;
}

/** The claim types of `/.auth/me` by the provider's own claim names. */
export interface ClaimTypes {
  readonly types: Readonly<Record<string, string>>;
  /** Stands before the names that `types` does not list, such as `urn:github:`. */
  readonly prefix?: string;
  /** The type of the claim that is the user's name (`name_typ`); `…/claims/name` unless it says another. */
  readonly nameType?: string;
}

/** An identity provider, ready to use. */
export interface Provider {
  /** As paths and `provider_name` have it, in lower case. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly claimTypes: ClaimTypes;
  /** What this provider needs for a refresh, as a sentence for whoever asks for one that is not possible. */
  readonly refreshNeeds: string;
  /** Whether one refresh token gives access tokens for further resources. */
  readonly hasTargets: boolean;
  /** Whether its own JWTs open a session as Bearer: App Service does that for Entra ID and custom providers. */
  readonly acceptsBearer: boolean;
  /** Where to send the browser. Throws `provider_unavailable` or `provider_misconfigured`. */
  authorizationUrl(request: AuthorizationRequest): Promise<AuthorizationRedirect>;
  /**
   * Redeems an authorization code and checks everything that comes with it.
   * Throws `sign_in_*`, `id_token_*`, `user_not_allowed`, `provider_*`, and `request_malformed` without a code.
   */
  redeem(response: AuthorizationResponse): Promise<SignedIn>;
  /**
   * Checks the tokens of a client that has signed in by itself: that they are genuine, alive and meant for this app.
   * Throws `client_token_missing`, `client_token_refused`, `user_not_allowed`, `provider_*`.
   */
  signInWith(tokens: ClientTokens): Promise<SignedIn>;
  /** Redeems a refresh token. Every failure is a value. */
  refresh(
    refreshToken: RefreshToken,
    identity: Identity & Pick<TokenSet, 'resources'>,
    target?: Target,
  ): Promise<RefreshResult>;
  /**
   * Ends these tokens at the provider (RFC 7009), as far as it offers that: false where it does not, or there is nothing
   * to end. Throws `provider_*`.
   */
  revoke(tokens: TokenSet, identity: Identity): Promise<boolean>;
  /**
   * Whether that ends everything that the user has given this app, on whichever device. Then it is for the user's last
   * session alone.
   */
  readonly revocationEndsGrant: boolean;
  /**
   * Where the browser signs out at the provider, coming back to `returnTo` (OpenID Connect RP-Initiated Logout 1.0
   * section 2); undefined where there is no such page.
   */
  signOutUrl(returnTo: string): Promise<URL | undefined>;
  /** The issuer that users have whose tokens state this one; undefined where it must be stated. */
  issuerOf(stated: string | undefined): string | undefined;
  /** What people call this user: the contract's `user_id`. */
  displayName(claims: Claims, subject: string): string;
  /** The id that App Service hands to servers (`X-MS-CLIENT-PRINCIPAL-ID`) and self-issued tokens name. */
  principalId(claims: Claims, subject: string): string;
}
