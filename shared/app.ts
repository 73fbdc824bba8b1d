import type { TokenCredential } from '@azure/identity';
import { type Platform, seconds } from './platform.ts';
import type { Provider, ProviderParts } from './providers/provider.ts';
import { providerName } from './providers/provider-name.ts';
import { createProvider } from './providers/registry.ts';
import { azureRecoveryQueue } from './refresh/azure-recovery-queue.ts';
import { createRefreshEngine, type RefreshEngine } from './refresh/engine.ts';
import { type Authenticate, createAuthenticate } from './sessions/authenticate.ts';
import { endSession } from './sessions/end-session.ts';
import { sessionExpiry } from './sessions/expiry.ts';
import { createSessionTokens, type SessionTokens } from './sessions/session-token.ts';
import { signingKeyBytes } from './settings/load.ts';
import type { ContainerSettings, HostStorage, Settings } from './settings/settings.ts';
import type { Log } from './telemetry/log.ts';
import { type Agenda, createAgenda } from './token-store/agenda.ts';
import { azureContainer, type ContainerAccess } from './token-store/azure-container.ts';
import type { Container } from './token-store/container.ts';
import { createKeyRing, type KeyRing } from './token-store/key-ring.ts';
import { retryingContainer } from './token-store/retrying-container.ts';
import { createSealer } from './token-store/seal.ts';
import type { Session } from './token-store/session.ts';
import { createSessionStore, type SessionStore } from './token-store/session-store.ts';
import { azureVault } from './token-store/vault.ts';

/** Everything a handler needs, built once a process from settings. */
export interface App {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly log: Log;
  readonly container: Container;
  readonly ring: KeyRing;
  readonly agenda: Agenda;
  readonly store: SessionStore;
  readonly sessionTokens: SessionTokens;
  /** By its name in whatever case, or an alias of it. */
  readonly provider: (name: string) => Provider | undefined;
  readonly authenticate: Authenticate;
  readonly refresh: RefreshEngine;
  readonly endSession: (session: Session) => Promise<void>;
}

/** The composition root. Nothing is contacted until the first request. */
export function createApp(settings: Settings, platform: Platform, log: Log): App {
  const { clock } = platform;
  const container = retryingContainer(azureContainer(containerAccess(settings.container, log)), clock);
  const vault = azureVault(settings.vault, identity(settings.identityClientId));
  const ring = createKeyRing(container, vault, platform, log);
  const agenda = createAgenda(container, clock);
  const store = createSessionStore(container, createSealer(ring), agenda, log);
  const parts = { ...platform, identityToken: identityTokens() };
  const providers = new Map(settings.providers.map((one) => [one.name, createProvider(one, parts)]));
  const provider = (name: string) => providers.get(providerName(name));
  const { signingKey, refreshExtension } = settings.session;
  const sharedKey = signingKey && { key: signingKey, bytes: signingKeyBytes(signingKey.reveal()) };
  const sessionTokens = createSessionTokens(settings, ring, clock, sharedKey);
  return {
    settings,
    platform,
    log,
    container,
    ring,
    agenda,
    store,
    provider,
    sessionTokens,
    authenticate: createAuthenticate({
      tokens: sessionTokens,
      store,
      ring,
      clock,
      bearerProviders: [...providers.values()].filter(({ acceptsBearer }) => acceptsBearer),
    }),
    refresh: createRefreshEngine({
      container,
      store,
      provider,
      platform,
      log,
      refreshExtension,
      recovery: azureRecoveryQueue(queueAccess(settings.hostStorage)),
      sessionExpiry: (session) => sessionExpiry(session, settings.session, seconds(clock)),
    }),
    endSession: (session) => endSession(session, { store, provider, log }),
  };
}

function containerAccess(settings: ContainerSettings, log: Log): ContainerAccess {
  const onDeleteRefused = () => log.event('container_without_delete');
  if ('url' in settings) {
    return { url: settings.url, credential: lazily(identity(settings.clientId)), deletes: true, onDeleteRefused };
  }
  if (!settings.deletes) onDeleteRefused();
  return { url: settings.sasUrl.reveal(), deletes: settings.deletes, onDeleteRefused };
}

function queueAccess(settings: HostStorage): Parameters<typeof azureRecoveryQueue>[0] {
  if ('connectionString' in settings) return settings;
  return { url: settings.queueServiceUrl, credential: identity(settings.clientId) };
}

/**
 * The app's identity: the managed identity where the platform offers one, else whatever the developer is signed in
 * with. Its library is loaded on first use, because most requests never need it.
 */
function identity(clientId: string | undefined): () => Promise<TokenCredential> {
  let credential: Promise<TokenCredential> | undefined;
  return () => {
    credential ??= import('@azure/identity').then(({ DefaultAzureCredential, ManagedIdentityCredential }) => {
      if (!process.env['IDENTITY_ENDPOINT']) return new DefaultAzureCredential();
      return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
    });
    return credential;
  };
}

/**
 * Access tokens of managed identities, for the providers that take them in place of a client secret. Each identity's
 * credential is kept, because it keeps its tokens.
 */
function identityTokens(): NonNullable<ProviderParts['identityToken']> {
  const credentials = new Map<string, TokenCredential>();
  return async (scope, clientId) => {
    const credential = credentials.get(clientId) ?? lazily(identity(clientId));
    credentials.set(clientId, credential);
    return (await credential.getToken(scope))?.token ?? '';
  };
}

function lazily(credential: () => Promise<TokenCredential>): TokenCredential {
  return { getToken: async (...request) => (await credential()).getToken(...request) };
}
