import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import { type EpochSeconds, type Platform, seconds } from '../platform.ts';
import type { Provider, RefreshFailure, Target } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { Container, ETag, LeaseId } from '../token-store/container.ts';
import { withLease } from '../token-store/lease.ts';
import { blobName, type SessionId } from '../token-store/names.ts';
import type { Entry, RefreshCause, Session } from '../token-store/session.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import { commitTokens } from './commit.ts';
import { type RefreshOutcome, settledOutcome } from './outcome.ts';
import type { RecoveryQueue } from './recovery.ts';
import { entryWithTarget, refreshedEntry, targetName, targetToken } from './refreshed-entry.ts';
import { canRefresh, isAtItsEnd, isDue, isExpiring, nextVisit, retryDue } from './schedule.ts';

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
/** How long to wait for somebody else's refresh, and how often to look, in milliseconds. */
const longestWait = 20_000;
const lookEvery = 400;

export function createRefreshEngine(parts: EngineParts): RefreshEngine {
  const { container, store, platform, log } = parts;
  const { clock, random } = platform;
  const inFlight = new Map<string, Promise<RefreshOutcome>>();

  async function run(request: RefreshRequest): Promise<RefreshOutcome> {
    const place = blobName.session(request.id);
    const deadline = clock.now() + longestWait;
    let seen: ETag | undefined;
    while (true) {
      const leased = await withLease(container, place, platform, ({ leaseId }) => refreshUnderLease(request, leaseId));
      if (leased.status === 'done') return leased.result;
      const current = leased.status === 'held' ? await store.read(request.id) : undefined;
      if (!current) return { status: 'ended' };
      const hasChanged = seen !== undefined && seen !== current.etag;
      // What was written may be anything: whether the token for a further resource is there is seen under the lease.
      if (hasChanged && request.cause !== 'request' && request.target === undefined) {
        return settledOutcome(current.session, request.provider ?? current.session.provider, seconds(clock));
      }
      if (clock.now() >= deadline) return { status: 'unavailable', reason: 'busy', retryAfterSeconds: 5 };
      seen = current.etag;
      await clock.sleep(lookEvery);
    }
  }

  /** Everything is read anew under the lease: what the caller saw may be old. */
  async function refreshUnderLease(request: RefreshRequest, leaseId: LeaseId): Promise<RefreshOutcome> {
    const stored = await store.read(request.id);
    if (!stored) return { status: 'ended' };
    const name = request.provider ?? stored.session.provider;
    const entry = stored.session.entries[name];
    const provider = parts.provider(name);
    if (!entry || !provider || (!entry.refreshToken && !entry.dead))
      return { status: 'not-refreshable', session: stored.session };
    if (!canRefresh(entry)) return settledOutcome(stored.session, name, seconds(clock));
    if (isSettled(entry, request)) return settle(stored, name, request, leaseId);

    const { target } = request;
    const result = await provider.refresh(entry.refreshToken, entry, target);
    if (!result.ok && target !== undefined) return targetRefused(stored.session, result.failure);
    if (!result.ok) return failed(stored, name, entry, result.failure, leaseId);
    const now = seconds(clock);
    const { accessToken } = result.tokens;
    const renewed =
      target === undefined || accessToken === undefined
        ? refreshedEntry(entry, result, now, request.cause, random)
        : entryWithTarget(entry, target, { ...result.tokens, accessToken }, now, request.cause);
    const outcome = await commitTokens(parts, {
      base: stored,
      leaseId,
      provider: name,
      spent: entry.refreshToken,
      accessToken,
      entry: renewed,
      rewrite: (session) =>
        scheduled(renewedSession({ ...session, entries: { ...session.entries, [name]: renewed } }, request)),
    });
    if (outcome.status === 'refreshed')
      log.event('refreshed', { session: request.id, provider: name, by: request.cause });
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
    const extended = scheduled(renewedSession(shown(stored.session, name, request), request));
    const isSame = extended.entries === stored.session.entries;
    if (isSame && extended.expiresAt - stored.session.expiresAt < 60)
      return settledOutcome(stored.session, name, seconds(clock));
    const etag = await store.update(extended, stored.session, { etag: stored.etag, leaseId });
    return settledOutcome(etag ? extended : stored.session, name, seconds(clock));
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

  /** That a further resource is refused says nothing about the session: the user may have to consent to it first. */
  function targetRefused(session: Session, { kind, reason, retryAfterSeconds = 5 }: RefreshFailure): RefreshOutcome {
    if (kind === 'refused') return { status: 'refused', session, reason };
    return { status: 'unavailable', session, reason, retryAfterSeconds };
  }

  function scheduled(session: Session): Session {
    return { ...session, visitAt: nextVisit(session, seconds(clock), parts.refreshExtension) };
  }

  /** Dead only if nobody has replaced the refused token meanwhile; else the tokens stay and the marker moves. */
  async function failed(
    before: StoredSession,
    name: string,
    entry: Entry,
    failure: RefreshFailure,
    leaseId: LeaseId,
  ): Promise<RefreshOutcome> {
    const now = seconds(clock);
    const stored = failure.kind === 'refused' ? await store.read(before.session.id) : before;
    if (!stored) return { status: 'ended' };
    const current = stored.session.entries[name];
    if (!current || current.refreshToken?.reveal() !== entry.refreshToken?.reveal()) {
      return settledOutcome(stored.session, name, now);
    }
    const marked = failure.kind === 'refused' ? dead(current, failure) : postponed(current, failure);
    const session = scheduled({ ...stored.session, entries: { ...stored.session.entries, [name]: marked } });
    const event = failure.kind === 'refused' ? 'refresh_refused' : 'refresh_postponed';
    log.event(event, { session: session.id, provider: name, reason: failure.reason, failures: marked.failures });
    try {
      await store.update(session, stored.session, { etag: stored.etag, leaseId });
    } catch (error) {
      // The tokens are as they were and the marker is due still: the next sweep comes to the same end.
      if (!isTokenkeepError(error)) throw error;
    }
    return failure.kind === 'refused'
      ? { status: 'refused', session, reason: failure.reason }
      : { status: 'unavailable', session, reason: failure.reason, retryAfterSeconds: (marked.refreshAt ?? now) - now };
  }

  function dead(entry: Entry, { reason }: RefreshFailure): Entry {
    return { ...entry, dead: { at: seconds(clock), reason } };
  }

  function postponed(entry: Entry, { retryAfterSeconds }: RefreshFailure): Entry {
    const failures = entry.failures + 1;
    return { ...entry, failures, refreshAt: retryDue(seconds(clock), failures, retryAfterSeconds, random) };
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
