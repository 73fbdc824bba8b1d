import { isTokenkeepError, TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { seconds } from '../../shared/platform.ts';
import { createRefreshEngine, type RefreshRequest } from '../../shared/refresh/engine.ts';
import type { RefreshOutcome } from '../../shared/refresh/outcome.ts';
import { createProviderGate } from '../../shared/refresh/provider-gate.ts';
import { recover } from '../../shared/refresh/recovery.ts';
import { markersIn, sweep } from '../../shared/refresh/sweep.ts';
import { visit } from '../../shared/refresh/visit.ts';
import { createAmend } from '../../shared/sessions/amend.ts';
import { endSession, expireSession } from '../../shared/sessions/end-session.ts';
import type { Log } from '../../shared/telemetry/log.ts';
import { createAgenda } from '../../shared/token-store/agenda.ts';
import type { SessionId } from '../../shared/token-store/names.ts';
import { retryingContainer } from '../../shared/token-store/retrying-container.ts';
import type { Sealer } from '../../shared/token-store/seal.ts';
import type { Session } from '../../shared/token-store/session.ts';
import { createSessionStore, type StoredSession } from '../../shared/token-store/session-store.ts';
import { sharedReads } from '../../shared/token-store/shared-reads.ts';
import { type Amending, createAmending, modelRing } from './amending.ts';
import { connect } from './connection.ts';
import type { ModelContainer } from './model-container.ts';
import type { ModelProvider } from './model-provider.ts';
import type { ModelQueue } from './model-queue.ts';
import type { Process } from './process.ts';

/** One instance of the app: everything but HTTP is the real code. */
export interface Instance extends Amending {
  readonly process: Process;
  create(session: Session): Promise<void>;
  refresh(request: RefreshRequest): Promise<RefreshOutcome>;
  /** Reads a session as `/.auth/me` does, which extends one that slides. Whether it is there. */
  use(id: SessionId): Promise<boolean>;
  /** Whether there was a session to end. */
  signOut(id: SessionId): Promise<boolean>;
  sweep(): Promise<void>;
  visits(message: unknown): Promise<void>;
  recover(message: unknown): Promise<void>;
  /** An operator takes a lease away from whoever holds it. */
  breakLease(name: string): Promise<void>;
}

/** The one that signs in, and the one whose accounts are connected. */
const providerNames: readonly string[] = ['model', 'second'];

interface InstanceParts {
  readonly process: Process;
  readonly model: ModelContainer;
  readonly pageSize: number;
  /** Seconds. */
  readonly refreshExtension: number;
  readonly sessionLifetime: number;
  readonly sealer: Sealer;
  readonly provider: ModelProvider;
  readonly visitQueue: ModelQueue;
  readonly recoveryQueue: ModelQueue;
  readonly log: Log;
  /** Called with each message for the recovery queue as it gets there. */
  readonly onRescue: (sealed: string) => void;
}

export function startInstance(parts: InstanceParts): Instance {
  const { process, log, visitQueue, recoveryQueue, refreshExtension } = parts;
  const { platform } = process;
  const { clock } = platform;
  const container = retryingContainer(connect(parts.model, process.call, parts.pageSize), clock);
  const agenda = createAgenda(container, clock);
  const store = sharedReads(createSessionStore(container, parts.sealer, agenda, log), clock);
  const reached = new Map(providerNames.map((name) => [name, parts.provider.reachedBy(process, name)]));
  const provider = (name: string) => reached.get(name);
  const amend = createAmend({ container, store, platform, refreshExtension });

  const onQueue = <T>(operation: string, effect: () => T): Promise<T> =>
    process.call({
      service: 'queue',
      label: () => operation,
      effect,
      failed() {
        throw new Error('the queue does not answer');
      },
    });
  const sessionExpiry = ({ endsAt }: Session) => Math.min(seconds(clock) + parts.sessionLifetime, endsAt);
  const refresh = createRefreshEngine({
    container,
    store,
    provider,
    platform,
    log,
    refreshExtension,
    gate: createProviderGate({ platform, log, atOnce: 64 }),
    recovery: {
      put: (rescued) =>
        onQueue('rescue', () => {
          parts.onRescue(rescued.sealed);
          recoveryQueue.put(rescued);
        }),
      isWaiting: () => onQueue('is anything rescued?', () => recoveryQueue.size > 0),
    },
    sessionExpiry,
  });
  const revocation = { store, ring: modelRing, provider, log };
  const end = (session: Session) => endSession(session, revocation);
  const expire = (stored: StoredSession) => expireSession(stored, revocation);
  const visitParts = { store, agenda, refresh, end: expire, clock, log, refreshExtension };

  return {
    process,
    create: store.create,
    ...createAmending({ ...revocation, amend, platform }),
    refresh,
    async use(id) {
      const stored = await store.read(id);
      if (!stored) return false;
      const { session, etag } = stored;
      const isLate = session.expiresAt - seconds(clock) < parts.sessionLifetime / 2;
      const longer = { ...session, expiresAt: sessionExpiry(session) };
      if (isLate) await store.update(longer, session, { etag });
      return true;
    },
    async signOut(id) {
      const stored = await store.read(id);
      if (stored) await end(stored.session);
      return stored !== undefined;
    },
    async sweep() {
      const { messages } = await sweep(agenda, clock);
      for (const message of messages) await onQueue('visits', () => visitQueue.put(message)).catch(() => undefined);
    },
    async visits(message) {
      const visited = markersIn(message).map((marker) => visit(visitParts, marker).catch(passing));
      await Promise.all(visited);
    },
    recover: (message) => recover(message, { store, log, clock, refreshExtension }),
    breakLease: (name) => container.breakLease(name),
  };
}

/** What the app's callers are told, or log, when a service is away; everything else is a mistake of ours. */
export function expected(error: unknown): boolean {
  return isTokenkeepError(error, 'container_unreachable', 'container_access_refused', 'session_busy');
}

function passing(error: unknown): void {
  if (!expected(error)) throw error;
}

/** Seals nothing, but tells every seal from every other, and for which place it was made. */
export function createModelSealer(): Sealer & { document(sealed: string): string } {
  const sealed: { readonly place: string; readonly document: string }[] = [];
  const found = (seal: string) => {
    const known = sealed[Number(seal.slice(1))];
    if (!known) throw new TokenkeepError('seal_malformed');
    return known;
  };
  const epoch = '000001' as Awaited<ReturnType<Sealer['open']>>['epoch'];
  return {
    seal: async (place, document) => `s${sealed.push({ place, document }) - 1}`,
    async open(place, seal) {
      const known = found(seal);
      if (known.place !== place) throw new TokenkeepError('seal_misplaced');
      return { document: known.document, epoch };
    },
    admits: async () => undefined,
    document: (seal) => found(seal).document,
  };
}
