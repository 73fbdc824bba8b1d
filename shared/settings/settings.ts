import type { OpenIdConnectSettings } from '../providers/openid-connect.ts';
import type { ConnectionString, SasUrl, SigningKey } from '../telemetry/secret.ts';
import type { VaultSettings } from '../token-store/vault.ts';

/** Everything that can be set, checked and with secrets resolved. Times are in seconds. */
export interface Settings {
  /** The origin that browsers see, without a slash at the end. */
  readonly publicOrigin: string;
  /** The path above every route, `/.auth` unless set otherwise. */
  readonly apiPrefix: string;
  readonly container: ContainerSettings;
  readonly hostStorage: HostStorage;
  readonly vault: VaultSettings;
  readonly identityClientId?: string;
  readonly session: SessionSettings;
  readonly signIn: SignInSettings;
  readonly exposedTokens: readonly ExposedToken[];
  readonly providers: readonly OpenIdConnectSettings[];
}

export type ExposedToken = 'access_token' | 'id_token' | 'refresh_token';

export type ContainerSettings =
  | { readonly sasUrl: SasUrl; readonly deletes: boolean; readonly expiresAt?: number }
  | { readonly url: string; readonly clientId?: string };

/** The storage account of the Functions host, which holds its queues. */
export type HostStorage =
  | { readonly connectionString: ConnectionString }
  | { readonly queueServiceUrl: string; readonly clientId?: string };

export interface SessionSettings {
  /** How long a session token is valid. */
  readonly lifetime: number;
  /** How long after that it may still be refreshed. */
  readonly refreshExtension: number;
  /** How long after the sign-in the session ends, however often it was renewed. */
  readonly absoluteLifetime: number;
  readonly signingKey?: SigningKey;
}

export interface SignInSettings {
  /** How long one sign-in attempt may take. */
  readonly attemptLifetime: number;
  readonly allowedExternalRedirectUrls: readonly string[];
}
