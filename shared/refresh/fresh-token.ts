import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Platform, seconds } from '../platform.ts';
import type { Provider, Target } from '../providers/provider.ts';
import type { Entry, Session, TargetToken } from '../token-store/session.ts';
import type { RefreshEngine } from './engine.ts';
import { refreshedSession } from './outcome.ts';
import { targetToken } from './refreshed-entry.ts';
import { isAtItsEnd } from './schedule.ts';

interface FreshTokenParts {
  readonly refresh: RefreshEngine;
  readonly provider: (name: string) => Provider | undefined;
  readonly platform: Platform;
}

/** An access token, and until when it is good: the entry's own, or one for a further resource. */
export type HeldToken = Pick<Entry | TargetToken, 'issuedAt' | 'expiresAt'> &
  Required<Pick<TargetToken, 'accessToken'>>;

/**
 * An access token of this session that is good for a while, refreshed or fetched first where there is none; one that is
 * about to expire where a new one cannot be had just now. Throws `connection_unknown` without an account of that
 * provider, `refresh_*` and `session_ended`.
 */
export async function freshToken(
  session: Session,
  name: string,
  target: Target | undefined,
  { refresh, provider, platform }: FreshTokenParts,
): Promise<HeldToken> {
  const now = seconds(platform.clock);
  const held = heldToken(session, name, target);
  if (held && !isAtItsEnd(held, now)) return held;
  const outcome = await refresh({ id: session.id, provider: name, ...(target ? { target } : {}), cause: 'read' });
  if (held && outcome.status === 'unavailable' && (held.expiresAt ?? now) > now) return held;
  const renewed = heldToken(refreshedSession(outcome, provider(name)?.refreshNeeds), name, target);
  if (!renewed) throw new TokenkeepError('refresh_not_possible');
  return renewed;
}

function heldToken({ entries }: Session, name: string, target: Target | undefined): HeldToken | undefined {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (!entry) throw new TokenkeepError('connection_unknown');
  const { accessToken, issuedAt, expiresAt } = (target ? targetToken(entry, target) : entry) ?? {};
  if (!accessToken || issuedAt === undefined) return undefined;
  return { accessToken, issuedAt, ...(expiresAt === undefined ? {} : { expiresAt }) };
}
