import type { Clock } from '../platform.ts';
import { keepRecent } from '../token-store/recently-used.ts';
import type { SessionStore } from '../token-store/session-store.ts';
import type { RefreshEngine, RefreshRequest } from './engine.ts';
import type { RefreshOutcome } from './outcome.ts';

/** How long a reader is given the last answer, in milliseconds. */
const longestKept = 30_000;
/** Answers that are kept. */
const keptAnswers = 1_000;

type TurnedAway = Extract<RefreshOutcome, { status: 'refused' | 'unavailable' }>;

/**
 * Readers of a token for a further resource that cannot be had, as before the user has consented to it, do not make the
 * provider say so each time. What it says of a further resource is not written into the session, so it is kept here.
 */
export function rememberingTurnedAway(engine: RefreshEngine, store: SessionStore, clock: Clock): RefreshEngine {
  const kept = new Map<string, { readonly outcome: TurnedAway; readonly until: number }>();

  async function again(request: RefreshRequest, outcome: TurnedAway): Promise<RefreshOutcome> {
    const stored = await store.read(request.id);
    return stored ? { ...outcome, session: stored.session } : { status: 'ended' };
  }

  return async (request) => {
    if (request.target === undefined) return engine(request);
    const key = JSON.stringify([request.id, request.provider, request.target.resource, request.target.scope]);
    const last = kept.get(key);
    if (last && request.cause === 'read' && clock.now() < last.until) return again(request, last.outcome);
    kept.delete(key);
    const outcome = await engine(request);
    if (outcome.status === 'refused' || outcome.status === 'unavailable')
      keepRecent(kept, key, { outcome, until: clock.now() + longestKept }, keptAnswers);
    return outcome;
  };
}
