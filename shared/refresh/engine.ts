import { type EpochSeconds, type Platform, seconds } from '../platform.ts';
import type { Provider, Target } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { Container, ETag, LeaseId } from '../token-store/container.ts';
import { type Lease, withLease } from '../token-store/lease.ts';
import { blobName, type SessionId } from '../token-store/names.ts';
import type { Entry, RefreshCause, Session } from '../token-store/session.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import { type Attempt, attempt } from './attempt.ts';
import { commitTokens } from './commit.ts';
import { recordFailure } from './failure.ts';
import { isHeldBack, type RefreshOutcome, recovering, settledOutcome } from './outcome.ts';
import type { ProviderGate } from './provider-gate.ts';
import { mayBeRecovered, type RecoveryQueue } from './recovery.ts';
import { entryWithTarget, refreshedEntry, targetName, targetToken } from './refreshed-entry.ts';
import { canRefresh, filedAnew, isAtItsEnd, isDue, isExpiring } from './schedule.ts';

/** Which entry to refresh, and why. */
export interface RefreshRequest {
  readonly id: SessionId;
  /** The provider's name; by default the one that signed the user in. */
  readonly provider?: string;
  /** A further resource to get an access token for; by default the entry's own is renewed. */
  readonly target?: Target;
  readonly cause: RefreshCause;
}

/** One refresh of one session, safely: whoever asks, however many ask. */
export type RefreshEngine = (request: RefreshRequest) => Promise<RefreshOutcome>;

export interface EngineParts {
  readonly container: Container;
  readonly store: SessionStore;
  readonly provider: (name: string) => Provider | undefined;
  readonly gate: ProviderGate;
  readonly recovery: RecoveryQueue;
  readonly platform: Platform;
  readonly log: Log;
  /** Until when a session is valid that is extended now. */
  readonly sessionExpiry: (session: Session) => EpochSeconds;
  /** Seconds. */
  readonly refreshExtension: number;
}

/** A result this young, in seconds, serves those who come late. */
const settledSeconds = 30;
/** How long to wait for somebody else's refresh, and how often to look: from the first pause, doubling. Milliseconds. */
const longestWait = 20_000;
const firstPause = 25;
const longestPause = 400;

export function createRefreshEngine(parts: EngineParts): RefreshEngine {
  const { container, store, platform, log, recovery } = parts;
  const { clock, random } = platform;
  const inFlight = new Map<string, Promise<RefreshOutcome>>();

  async function run(request: RefreshRequest): Promise<RefreshOutcome> {
    const place = blobName.session(request.id);
    const deadline = clock.now() + longestWait;
    let seen: ETag | undefined;
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      const leased = await withLease(container, place, platform, (lease) => refreshUnderLease(request, lease));
      if (leased.status === 'absent') return { status: 'ended' };
      if (leased.status === 'done' && leased.result) return leased.result;
      const current = await store.read(request.id);
      if (!current) return { status: 'ended' };
      const outcome = seen !== undefined && seen !== current.etag ? othersOutcome(current.session, request) : undefined;
      if (outcome) return outcome;
      if (clock.now() >= deadline) return { status: 'unavailable', reason: 'busy', retryAfterSeconds: 5 };
      seen = current.etag;
      await clock.sleep(pause);
    }
  }

  /** What somebody else's refresh came to, where that is all that this caller wanted. */
  function othersOutcome(session: Session, request: RefreshRequest): RefreshOutcome | undefined {
    const name = request.provider ?? session.provider;
    const { attemptedAt, unanswered = false } = session.entries[name] ?? {};
    // Whether the token for a further resource is there is seen under the lease.
    if (request.target !== undefined || (attemptedAt !== undefined && !unanswered)) return undefined;
    const outcome = settledOutcome(session, name, seconds(clock));
    return outcome.status === 'settled' && extended(session, name, request) ? undefined : outcome;
  }

  /**
   * Everything is decided anew under the lease: what the caller saw may be old. Undefined where the lease was lost
   * before the provider was asked.
   */
  async function refreshUnderLease(request: RefreshRequest, lease: Lease): Promise<RefreshOutcome | undefined> {
    const stored = await store.current(request.id, lease.etag);
    if (!stored) return { status: 'ended' };
    const name = request.provider ?? stored.session.provider;
    const entry = stored.session.entries[name];
    const provider = parts.provider(name);
    if (!entry || !provider || (!entry.refreshToken && !entry.dead))
      return { status: 'not-refreshable', session: stored.session };
    if (!canRefresh(entry) || isHeldBack(entry, seconds(clock)))
      return settledOutcome(stored.session, name, seconds(clock));
    if (isSettled(entry, request)) return settle(stored, name, request, lease.leaseId);
    if (await mayBeRecovered(entry, lease.age, recovery, seconds(clock)))
      return { ...recovering, session: stored.session };

    const { cause, target } = request;
    const one: Attempt = { stored, lease, provider, name, entry, cause, target };
    const tried = await attempt(parts, one);
    if (!tried) return undefined;
    const { result, base } = tried;
    if (!result.ok) return recordFailure(parts, one, base, result.failure);
    const now = seconds(clock);
    const { accessToken } = result.tokens;
    const renewed =
      target === undefined || accessToken === undefined
        ? refreshedEntry(entry, result, now, cause, random)
        : entryWithTarget(entry, target, { ...result.tokens, accessToken }, now, cause);
    const outcome = await commitTokens(parts, {
      base,
      leaseId: lease.leaseId,
      provider: name,
      spent: entry.refreshToken,
      accessToken,
      entry: renewed,
      isPatient: cause === 'sweep',
      rewrite: (session) =>
        scheduled(renewedSession({ ...session, entries: { ...session.entries, [name]: renewed } }, request)),
    });
    if (outcome.status === 'refreshed') log.event('refreshed', { session: request.id, provider: name, by: cause });
    return outcome;
  }

  function isSettled(entry: Entry, { cause, target }: RefreshRequest): boolean {
    const now = seconds(clock);
    const name = target && targetName(target);
    const last = entry.history.findLast((one) => one.target === name);
    const token = target === undefined ? entry : targetToken(entry, target);
    if (token && last && now - last.at < settledSeconds) return true;
    if (name !== undefined) return cause === 'read' && token !== undefined && !isAtItsEnd(token, now);
    if (cause === 'sweep') return !isDue(entry, now + 60);
    if (cause === 'read') return !isExpiring(entry, now);
    return false;
  }

  /** Somebody has refreshed already: the session is still extended for whoever asked for that. */
  async function settle(
    stored: StoredSession,
    name: string,
    request: RefreshRequest,
    leaseId: LeaseId,
  ): Promise<RefreshOutcome> {
    const longer = extended(stored.session, name, request);
    const etag = longer && (await store.update(longer, stored.session, { etag: stored.etag, leaseId }));
    return settledOutcome(longer && etag ? longer : stored.session, name, seconds(clock));
  }

  /** The session as the one who asks is to have it; undefined where it is so already, to the minute. */
  function extended(session: Session, name: string, request: RefreshRequest): Session | undefined {
    const wanted = scheduled(renewedSession(shown(session, name, request), request));
    const isSame = wanted.entries === session.entries && wanted.expiresAt - session.expiresAt < 60;
    return isSame ? undefined : wanted;
  }

  /** A client's refresh extends the session, the timer's does not: idle users are not kept for ever. */
  function renewedSession(session: Session, { cause }: RefreshRequest): Session {
    return cause === 'request' ? { ...session, expiresAt: parts.sessionExpiry(session) } : session;
  }

  /** What a client asks to be refreshed is what it is shown next, also where the token is young enough already. */
  function shown(session: Session, name: string, { cause, target }: RefreshRequest): Session {
    const entry = session.entries[name];
    const asked = target && targetName(target);
    if (cause !== 'request' || !entry || entry.shownTarget === asked) return session;
    const { shownTarget: _other, ...rest } = entry;
    const changed = asked === undefined ? rest : { ...rest, shownTarget: asked };
    return { ...session, entries: { ...session.entries, [name]: changed } };
  }

  function scheduled(session: Session): Session {
    return filedAnew(session, seconds(clock), parts.refreshExtension);
  }

  return (request) => {
    const { id, provider, cause, target = {} } = request;
    const key = JSON.stringify([id, provider, cause === 'request', target.resource, target.scope]);
    const running = inFlight.get(key);
    if (running) return running;
    const started = run(request).finally(() => inFlight.delete(key));
    inFlight.set(key, started);
    return started;
  };
}
