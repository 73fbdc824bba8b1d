import { isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type EpochSeconds, type Platform, seconds } from '../platform.ts';
import type { Provider, Target } from '../providers/provider.ts';
import type { RefreshEngine } from '../refresh/engine.ts';
import { freshToken, type HeldToken } from '../refresh/fresh-token.ts';
import { targetToken } from '../refresh/refreshed-entry.ts';
import type { Amend } from '../sessions/amend.ts';
import type { BackendSettings } from '../settings/settings.ts';
import { aliasOf } from '../token-store/epoch.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';
import { consentIn } from './consent.ts';
import { type TokenRule, tokenRule } from './scope-rule.ts';
import { checkShare, type Use, withUse } from './usage.ts';

/** What of the app is needed to get a token for a backend. */
interface Parts {
  readonly store: SessionStore;
  readonly ring: KeyRing;
  readonly amend: Amend;
  readonly refresh: RefreshEngine;
  readonly provider: (name: string) => Provider | undefined;
  readonly platform: Platform;
}

/** A user as servers know them: `X-MS-CLIENT-PRINCIPAL-IDP` and `-ID`. */
export interface PrincipalName {
  readonly provider: string;
  readonly id: string;
}

export interface TokenRequest {
  readonly backend: BackendSettings;
  readonly user: PrincipalName;
  /** The name of the provider whose token is wanted. */
  readonly provider: string;
  readonly asked: Target;
  readonly purpose: string;
}

export interface GivenToken {
  readonly token: HeldToken;
  /** What it is good for, as far as the provider has said. */
  readonly scopes?: readonly string[];
  /** Where it comes from. */
  readonly session: Session;
  readonly entry: Entry;
}

/**
 * An access token of a user who is not there, refreshed first where it is about to expire: of the newest session with
 * the user's consent to this backend that can give one. That it is given is written down before it is.
 *
 * Throws `backend_provider_refused`, `backend_scope_refused`, `scopes_not_granted`, `user_unknown`, `consent_missing`,
 * `too_many_requests`, `connection_unknown`, `refresh_*`, `session_busy`, `container_*`.
 */
export async function tokenOfAbsentUser(request: TokenRequest, parts: Parts): Promise<GivenToken> {
  const { backend, user, provider: name, purpose } = request;
  const provider = parts.provider(name);
  const allowed = backend.providers.get(name);
  if (!provider || !allowed) throw new TokenkeepError('backend_provider_refused');
  const rule = tokenRule(allowed, request.asked, provider);
  const now = seconds(parts.platform.clock);
  const sessions = await consentedSessions(backend, user, now, parts);
  checkShare(sessions, backend, now);
  const given = await firstToken(sessions, name, rule, parts);
  await writeDown({ backend: backend.name, provider: name, purpose }, sessions, backend, parts);
  return given;
}

/** Newest first. */
async function consentedSessions(
  { name }: BackendSettings,
  user: PrincipalName,
  now: EpochSeconds,
  { store, ring }: Parts,
): Promise<Session[]> {
  const stored = await store.sessionsOf(aliasOf(await ring.newest(), user.provider, user.id));
  const alive = stored.map(({ session }) => session).filter(({ endsAt }) => endsAt > now);
  if (alive.length === 0) throw new TokenkeepError('user_unknown');
  const consented = alive.filter((session) => consentIn(session, name));
  if (consented.length === 0) throw new TokenkeepError('consent_missing');
  return consented;
}

/** The token of the first session that has one. Throws what may pass, else what stood in the way in the newest. */
async function firstToken(
  sessions: readonly Session[],
  name: string,
  rule: TokenRule,
  parts: Parts,
): Promise<GivenToken> {
  const troubles: TokenkeepError[] = [];
  for (const session of sessions) {
    try {
      return await tokenOf(session, name, rule, parts);
    } catch (error) {
      if (!isTokenkeepError(error)) throw error;
      troubles.push(error);
    }
  }
  throw troubles.find(({ row }) => row.status >= 500) ?? troubles[0];
}

async function tokenOf(session: Session, name: string, rule: TokenRule, parts: Parts): Promise<GivenToken> {
  const before = entryOf(session, name);
  if (before.dead) {
    throw new TokenkeepError('refresh_refused', { detail: `the provider says ${before.dead.reason}` });
  }
  if (!rule.target) rule.checkGranted(before.scopes);
  const token = await freshToken(session, name, rule.target, parts);
  const current = (await parts.store.read(session.id))?.session;
  if (!current) throw new TokenkeepError('session_ended');
  const entry = entryOf(current, name);
  // A refresh may have brought other scopes.
  const scopes = rule.target ? scopesOf(rule.target, entry) : entry.scopes;
  rule.checkGranted(scopes);
  return { token, session: current, entry, ...(scopes ? { scopes } : {}) };
}

/** What a provider does not say is what it was asked for (RFC 6749 section 5.1). */
function scopesOf(target: Target, entry: Entry): readonly string[] | undefined {
  return targetToken(entry, target)?.scopes ?? target.scope?.split(' ');
}

function entryOf({ entries }: Session, name: string): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (!entry) throw new TokenkeepError('connection_unknown');
  return entry;
}

/**
 * All that a backend gets of one user is counted in one session, the newest with consent, so that the lease makes the
 * count exact; what older ones have counted before counts as well.
 */
async function writeDown(
  use: Use,
  sessions: readonly Session[],
  backend: BackendSettings,
  { amend, platform }: Parts,
): Promise<void> {
  for (const { id } of sessions) {
    const others = sessions.filter((session) => session.id !== id);
    const written = await amend(id, (stored) => {
      const now = seconds(platform.clock);
      checkShare([stored, ...others], backend, now);
      return withUse(stored, use, now);
    });
    if (written) return;
  }
  throw new TokenkeepError('consent_missing');
}
