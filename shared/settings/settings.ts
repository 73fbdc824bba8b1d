import type { Upstream } from '../gateway/forward.ts';
import type { Cookie } from '../http/cookies.ts';
import type { ProviderSettings } from '../providers/registry.ts';
import type { ConnectionString, ProxyKey, SasUrl, SigningKey } from '../telemetry/secret.ts';
import type { Shard } from '../token-store/placement.ts';
import type { VaultSettings } from '../token-store/vault.ts';
import type { Notice } from './notices.ts';

/** Everything that can be set, checked and with secrets resolved. Times are in seconds. */
export interface Settings {
  /** The origin that browsers see, without a slash at the end. */
  readonly publicOrigin: string;
  /** The path above every route, `/.auth` unless set otherwise. */
  readonly apiPrefix: string;
  /** The app behind the gateway; without it there is no gateway. */
  readonly upstream?: Upstream;
  /** The path at which the gateway signs out, beside the route of that name. */
  readonly logoutEndpoint?: string;
  /** Of the token store; the first has what is not spread over all, such as the key ring. */
  readonly containers: readonly [ContainerSettings, ...ContainerSettings[]];
  /** Whether those who only look are served by the secondary endpoints while a container cannot be reached. */
  readonly readSecondary: boolean;
  readonly hostStorage: HostStorage;
  readonly vault: VaultSettings;
  readonly identityClientId?: string;
  readonly session: SessionSettings;
  readonly refresh: RefreshSettings;
  /** Session tokens of version 4, without `stable_sid`. */
  readonly hideDeprecatedSid: boolean;
  readonly signIn: SignInSettings;
  readonly signInPage: SignInPageSettings;
  /** Whether a sign-out goes on to the provider's own page; where it is not said, with Entra ID only. */
  readonly signOutAtProvider?: boolean;
  readonly forwardProxy: ForwardProxySettings;
  readonly browser: BrowserSettings;
  readonly claims: ClaimsSettings;
  readonly exposedTokens: readonly ExposedToken[];
  /** The kinds that servers behind a proxy or the gateway get. */
  readonly headerTokens: readonly ExposedToken[];
  /** By which a proxy shows that it is one. */
  readonly proxyKey?: ProxyKey;
  /** What becomes of a request that nobody signed in for. */
  readonly unauthenticatedClientAction: UnauthenticatedClientAction;
  /** Paths of the site that need nobody to be signed in, decoded; `/*` at the end: all below. */
  readonly excludedPaths: readonly string[];
  /** The name of the provider to sign in with where a request names none: one of `providers`. */
  readonly redirectToProvider?: string;
  /** At least one. */
  readonly providers: readonly ProviderSettings[];
  /** The programs that may have tokens of absent users. */
  readonly backends: readonly BackendSettings[];
  /** What is set and not heeded, to be told at start. */
  readonly notices: readonly Notice[];
}

export type ExposedToken = 'access_token' | 'id_token' | 'refresh_token';

export type UnauthenticatedClientAction = 'redirect' | 'allow' | 'status-401' | 'status-403' | 'status-404';

/** A container of the token store: by a SAS URL, or by the app's identity. */
export type ContainerSettings = Pick<Shard, 'address' | 'mark'> & ContainerGrant;

export type ContainerGrant =
  | { readonly sasUrl: SasUrl; readonly deletes: boolean; readonly expiresAt?: number }
  | { readonly clientId?: string };

/** The storage account of the Functions host, which holds its queues. */
export type HostStorage =
  | { readonly connectionString: ConnectionString }
  | { readonly queueServiceUrl: string; readonly clientId?: string };

export interface SessionSettings {
  /** How long a session token is valid. */
  readonly lifetime: number;
  /**
   * From when: the sign-in or the last refresh; as long as the provider's access token instead; or each use in the
   * second half.
   */
  readonly convention: 'fixed' | 'identity-provider' | 'sliding';
  /** How long after its expiry a session token may still be refreshed. */
  readonly refreshExtension: number;
  /** How long after the sign-in the session ends, however often it was renewed. */
  readonly absoluteLifetime: number;
  readonly signingKey?: SigningKey;
}

export interface RefreshSettings {
  /** Calls of one provider at a time, in one process. */
  readonly providerConcurrency: number;
}

export interface SignInSettings {
  /** How long one sign-in attempt may take. */
  readonly attemptLifetime: number;
  readonly allowedExternalRedirectUrls: readonly string[];
}

/** The looks of the page that offers the providers. */
export interface SignInPageSettings {
  readonly title?: string | undefined;
  /** An https address (plain http only to a loopback address). */
  readonly logoUrl?: string | undefined;
  /** `#rrggbb`. */
  readonly accentColor?: string | undefined;
}

/** In which headers a proxy in front says what the browser asked for. Names are in lower case; none: no such proxy. */
export interface ForwardProxySettings {
  readonly convention: 'none' | 'standard' | 'custom';
  readonly hostHeader?: string;
  readonly protoHeader?: string;
}

export interface BrowserSettings {
  /** Origins of other sites whose scripts may call this app with the session cookie. */
  readonly allowedOrigins: readonly string[];
  /** Of the session cookie. */
  readonly sameSite: Cookie['sameSite'];
}

export interface ClaimsSettings {
  /** Claim types as `/.auth/me` has always had them; else as .NET maps all of them. */
  readonly legacy: boolean;
}

/** A program that may have tokens of users who are not there, where they have said yes. */
export interface BackendSettings {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** What it wants the tokens for, told to people. */
  readonly purpose: string;
  /** Who issues its own tokens. */
  readonly issuer: string;
  /** Whom these are to be for: one of them is enough. */
  readonly audiences: readonly string[];
  /** Its client id at the issuer. */
  readonly applicationId: string;
  /** The app role of Entra ID that its tokens must have; with other issuers there is `scope` in its place. */
  readonly role?: string | undefined;
  readonly scope?: string | undefined;
  /** By the name of a provider: the scopes that a token may have, or `*`. */
  readonly providers: ReadonlyMap<string, readonly string[]>;
  /** Of one user. */
  readonly tokensPerHour: number;
}
