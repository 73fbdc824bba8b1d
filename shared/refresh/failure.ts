import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Platform, seconds } from '../platform.ts';
import type { RefreshFailure } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore, StoredSession } from '../token-store/session-store.ts';
import type { Attempt } from './attempt.ts';
import { type RefreshOutcome, settledOutcome } from './outcome.ts';
import { filedAnew, retryDue } from './schedule.ts';

interface FailureParts {
  readonly store: SessionStore;
  readonly platform: Platform;
  readonly log: Log;
  /** Seconds. */
  readonly refreshExtension: number;
}

/**
 * What a failed try leaves behind. The tokens stay in any case. An entry is dead only if the provider has refused and
 * nobody has replaced the refused token meanwhile; else it is due again later, and its marker moves.
 */
export async function recordFailure(
  parts: FailureParts,
  { stored, name, entry, lease, cause, target }: Attempt,
  base: StoredSession,
  failure: RefreshFailure,
): Promise<RefreshOutcome> {
  const { store, platform, log } = parts;
  const now = seconds(platform.clock);
  const wasAsked = base !== stored;
  const unavailable = (session: Session, retryAfterSeconds: number): RefreshOutcome => ({
    status: 'unavailable',
    session,
    reason: failure.reason,
    retryAfterSeconds,
  });

  // Who asks again and again while the provider is out costs no writes.
  if (!wasAsked && cause === 'request') return unavailable(base.session, failure.retryAfterSeconds ?? 5);
  if (target !== undefined) {
    // What is said of a further resource says nothing about the session: the user may have to consent to it first.
    if (wasAsked)
      await write(failure.kind === 'unanswered' ? { ...entry, attemptedAt: now, unanswered: true } : entry, base);
    if (failure.kind === 'refused') return { status: 'refused', session: stored.session, reason: failure.reason };
    return unavailable(stored.session, failure.retryAfterSeconds ?? 5);
  }

  const latest = failure.kind === 'refused' ? await store.read(base.session.id) : base;
  if (!latest) return { status: 'ended' };
  const current = latest.session.entries[name];
  if (!current || current.refreshToken?.reveal() !== entry.refreshToken.reveal()) {
    return settledOutcome(latest.session, name, now);
  }
  if (failure.kind === 'refused') {
    const { attemptedAt, unanswered: _told, ...refused } = entry;
    const lost = attemptedAt !== undefined;
    log.event('refresh_refused', { session: base.session.id, provider: name, reason: failure.reason, lost });
    const dead = { at: now, reason: failure.reason, ...(lost ? { lost } : {}) };
    const session = await write({ ...refused, dead }, latest);
    return { status: 'refused', session, reason: failure.reason };
  }
  const marked = postponed(failure.kind === 'unanswered' ? { ...current, unanswered: true } : entry);
  log.event('refresh_postponed', {
    session: base.session.id,
    provider: name,
    reason: failure.reason,
    failures: marked.failures,
  });
  return unavailable(await write(marked, latest), marked.refreshAt - now);

  function postponed({ notBefore: _past, ...tried }: Entry): Entry & Required<Pick<Entry, 'refreshAt'>> {
    const failures = tried.failures + 1;
    const { retryAfterSeconds } = failure;
    const isAsked = wasAsked && retryAfterSeconds !== undefined;
    return {
      ...tried,
      failures,
      refreshAt: retryDue(now, failures, retryAfterSeconds, platform.random),
      ...(isAsked ? { notBefore: now + retryAfterSeconds } : {}),
    };
  }

  async function write(changed: Entry, { session: before, etag }: StoredSession): Promise<Session> {
    const session = { ...before, entries: { ...before.entries, [name]: changed } };
    const filed = filedAnew(session, now, parts.refreshExtension);
    try {
      await store.update(filed, before, { etag, leaseId: lease.leaseId });
    } catch (error) {
      // The tokens are as they were and the marker is due still: the next sweep comes to the same end.
      if (!isTokenkeepError(error)) throw error;
    }
    return filed;
  }
}
