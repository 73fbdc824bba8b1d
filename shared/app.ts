import type { TokenCredential } from '@azure/identity';
import { type BackendCheck, createBackendCheck } from './backends/token-check.ts';
import { type Platform, seconds } from './platform.ts';
import type { Provider, ProviderParts } from './providers/provider.ts';
import { providerName } from './providers/provider-name.ts';
import { createProvider } from './providers/registry.ts';
import { azureRecoveryQueue } from './refresh/azure-recovery-queue.ts';
import { createRefreshEngine, type RefreshEngine } from './refresh/engine.ts';
import { createProviderGate } from './refresh/provider-gate.ts';
import { rememberingTurnedAway } from './refresh/turned-away.ts';
import { type Amend, createAmend } from './sessions/amend.ts';
import { type Authenticate, createAuthenticate } from './sessions/authenticate.ts';
import { endSession, expireSession } from './sessions/end-session.ts';
import { sessionExpiry } from './sessions/expiry.ts';
import { createSessionTokens, type SessionTokens } from './sessions/session-token.ts';
import { signingKeyBytes } from './settings/load.ts';
import type { ContainerSettings, HostStorage, Settings } from './settings/settings.ts';
import type { Log } from './telemetry/log.ts';
import { type Agenda, createAgenda } from './token-store/agenda.ts';
import type { Container } from './token-store/container.ts';
import { createKeyRing, type KeyRing } from './token-store/key-ring.ts';
import { openContainers, type ShardAccess } from './token-store/open-containers.ts';
import type { Shard } from './token-store/placement.ts';
import { createSealer } from './token-store/seal.ts';
import type { Session } from './token-store/session.ts';
import { createSessionStore, type SessionStore, type StoredSession } from './token-store/session-store.ts';
import { sharedReads } from './token-store/shared-reads.ts';
import { azureVault } from './token-store/vault.ts';

/** Everything a handler needs, built once a process from settings. */
export interface App {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly log: Log;
  /** The containers of the token store by themselves, and all as one. */
  readonly shards: readonly Shard[];
  readonly container: Container;
  readonly ring: KeyRing;
  readonly agenda: Agenda;
  readonly store: SessionStore;
  readonly sessionTokens: SessionTokens;
  /** By its name in whatever case, or an alias of it. */
  readonly provider: (name: string) => Provider | undefined;
  readonly authenticate: Authenticate;
  /** Which program of `backends` a request comes from. */
  readonly backendOf: BackendCheck;
  readonly refresh: RefreshEngine;
  readonly amend: Amend;
  readonly endSession: (session: Session) => Promise<void>;
  readonly expireSession: (stored: StoredSession) => Promise<void>;
}

/** The composition root. Nothing is contacted until the first request. */
export function createApp(settings: Settings, platform: Platform, log: Log): App {
  const { clock } = platform;
  const [home, ...others] = settings.containers;
  const access = (one: ContainerSettings) => shardAccess(one, log);
  const { shards, container, readable } = openContainers(
    [access(home), ...others.map(access)],
    settings.readSecondary,
    clock,
    log,
  );
  const vault = azureVault(settings.vault, identity(settings.identityClientId));
  const ring = createKeyRing(readable, vault, platform, log);
  const agenda = createAgenda(container, clock);
  const storeIn = (one: Container) => sharedReads(createSessionStore(one, createSealer(ring), agenda, log), clock);
  const store = storeIn(container);
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
    shards,
    container,
    ring,
    agenda,
    store,
    provider,
    sessionTokens,
    authenticate: createAuthenticate({
      tokens: sessionTokens,
      store: readable === container ? store : storeIn(readable),
      ring,
      clock,
      bearerProviders: [...providers.values()].filter(({ acceptsBearer }) => acceptsBearer),
    }),
    backendOf: createBackendCheck(settings.backends, platform),
    refresh: rememberingTurnedAway(
      createRefreshEngine({
        container,
        store,
        provider,
        platform,
        log,
        refreshExtension,
        gate: createProviderGate({ platform, log, atOnce: settings.refresh.providerConcurrency }),
        recovery: azureRecoveryQueue(queueAccess(settings.hostStorage)),
        sessionExpiry: (session) => sessionExpiry(session, settings.session, seconds(clock)),
      }),
      store,
      clock,
    ),
    amend: createAmend({ container, store, platform, refreshExtension }),
    endSession: (session) => endSession(session, { store, ring, provider, log }),
    expireSession: (stored) => expireSession(stored, { store, ring, provider, log }),
  };
}

function shardAccess(settings: ContainerSettings, log: Log): ShardAccess {
  const { address, mark } = settings;
  const place = { address, ...(mark === undefined ? {} : { mark }) };
  const onDeleteRefused = () => log.event('container_without_delete', { container: address });
  if ('sasUrl' in settings) {
    const { sasUrl, deletes } = settings;
    if (!deletes) onDeleteRefused();
    return { ...place, access: { url: sasUrl.reveal(), deletes, onDeleteRefused } };
  }
  const credential = lazily(identity(settings.clientId));
  return { ...place, access: { url: address, credential, deletes: true, onDeleteRefused } };
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

/** How long the platform may take for a token of a managed identity, in milliseconds. */
const identityTimeout = 10_000;

/**
 * Access tokens of managed identities, for the providers that take them in place of a client secret. Each identity's
 * credential is kept, because it keeps its tokens.
 */
function identityTokens(): NonNullable<ProviderParts['identityToken']> {
  const credentials = new Map<string, TokenCredential>();
  return async (scope, clientId) => {
    const credential = credentials.get(clientId) ?? lazily(identity(clientId));
    credentials.set(clientId, credential);
    return (await credential.getToken(scope, { abortSignal: AbortSignal.timeout(identityTimeout) }))?.token ?? '';
  };
}

function lazily(credential: () => Promise<TokenCredential>): TokenCredential {
  return { getToken: async (...request) => (await credential()).getToken(...request) };
}
