import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { EpochSeconds, Random } from '../platform.ts';
import type { RefreshResult, SignedIn, TokenSet } from '../providers/provider.ts';
import type { RefreshToken } from '../telemetry/secret.ts';
import {
  type Claims,
  type Entry,
  historyLength,
  type RefreshCause,
  type Refreshed,
  type TargetToken,
} from '../token-store/session.ts';
import { refreshDue } from './schedule.ts';

/** The entry of somebody who has just signed in. */
export function newEntry({ issuer, subject, claims, tokens }: SignedIn, now: EpochSeconds, random: Random): Entry {
  return {
    issuer,
    subject,
    claims,
    ...storedTokens(tokens),
    ...tokenTimes(tokens, now, random),
    failures: 0,
    history: [],
  };
}

/**
 * The entry after its user has signed in once more, to grant more. A refresh token that did not come anew stays, with
 * what is known of the tries to redeem it, unless the provider has refused it for good.
 */
export function widenedEntry(entry: Entry, { claims, tokens }: SignedIn, now: EpochSeconds, random: Random): Entry {
  const { dead, notBefore: _past, expiresAt: _expired, refreshAt: _due, ...kept } = entry;
  const { refreshToken, attemptedAt: _open, unanswered: _told, redeemed: _by, ...rest } = kept;
  const stays = tokens.refreshToken === undefined && dead === undefined;
  return {
    ...(stays ? kept : rest),
    ...storedTokens(tokens),
    claims: { ...withoutStated(entry), ...claims },
    ...tokenTimes(tokens, now, random, (tokens.refreshToken ?? (stays ? refreshToken : undefined)) !== undefined),
    failures: 0,
  };
}

/** The times of an access token: when it was issued, when it expires and when it is due to be refreshed. */
export function tokenTimes(
  { expiresIn, refreshAfter, refreshToken }: TokenSet,
  now: EpochSeconds,
  random: Random,
  hasRefreshToken = refreshToken !== undefined,
): Pick<Entry, 'issuedAt' | 'expiresAt' | 'refreshAt'> {
  const expires = expiresIn === undefined ? {} : { expiresAt: now + expiresIn };
  if (!hasRefreshToken) return { issuedAt: now, ...expires };
  if (refreshAfter !== undefined) return { issuedAt: now, ...expires, refreshAt: now + refreshAfter };
  if (expiresIn === undefined) return { issuedAt: now };
  return { issuedAt: now, ...expires, refreshAt: refreshDue(now, now + expiresIn, random) };
}

/**
 * The entry after a refresh: what the provider did not send anew stays (RFC 6749 section 6). Which token clients are
 * shown is theirs to change, by a refresh of their own.
 */
export function refreshedEntry(
  entry: Entry,
  { tokens, claims }: Extract<RefreshResult, { ok: true }>,
  now: EpochSeconds,
  by: RefreshCause,
  random: Random,
): Entry {
  const { expiresAt: _expired, refreshAt: _due, shownTarget, ...kept } = redeemed(entry);
  return {
    ...kept,
    ...(by === 'request' || shownTarget === undefined ? {} : { shownTarget }),
    ...storedTokens(tokens),
    claims: claims ? { ...withoutStated(entry), ...claims } : entry.claims,
    ...tokenTimes(tokens, now, random, (tokens.refreshToken ?? entry.refreshToken) !== undefined),
    failures: 0,
    history: withRefresh(entry, { at: now, by }),
  };
}

/**
 * The claims that came from elsewhere than the entry's ID token, as from userinfo. What the new ID token states no more,
 * such as a role that was withdrawn, is not to live on.
 */
function withoutStated({ claims, idToken }: Entry): Claims {
  const stated = idToken ? Object.keys(decodeJwt(idToken.reveal())) : [];
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !stated.includes(name)));
}

/** The name under which an entry keeps the token of a further resource. */
export function targetName({ resource, scope }: TargetToken['target']): string {
  return [resource, scope].filter(Boolean).join(' ');
}

/** The token that an entry keeps for just this resource: the one that is kept under its name may be for another. */
export function targetToken({ targets = {} }: Entry, target: TargetToken['target']): TargetToken | undefined {
  const name = targetName(target);
  const kept = Object.hasOwn(targets, name) ? targets[name] : undefined;
  return kept?.target.resource === target.resource && kept?.target.scope === target.scope ? kept : undefined;
}

/** How many access tokens for further resources an entry keeps. */
const mostTargets = 20;

/** The entry after a refresh for a further resource: its own access token stays as it is. */
export function entryWithTarget(
  entry: Entry,
  target: TargetToken['target'],
  { refreshToken, expiresIn, accessToken, scopes }: TokenSet & Pick<TargetToken, 'accessToken'>,
  now: EpochSeconds,
  by: RefreshCause,
): Entry {
  const name = targetName(target);
  const { [name]: _old, ...others } = entry.targets ?? {};
  const kept = Object.entries(others).slice(-(mostTargets - 1));
  const token = {
    target,
    accessToken,
    ...(scopes === undefined ? {} : { scopes }),
    issuedAt: now,
    ...(expiresIn === undefined ? {} : { expiresAt: now + expiresIn }),
  };
  return {
    ...redeemed(entry),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    targets: Object.fromEntries([...kept, [name, token]]),
    // A client that reads says each time what it reads; one that refreshes reads afterwards, as with App Service.
    ...(by === 'request' ? { shownTarget: name } : {}),
    history: withRefresh(entry, { at: now, by, target: name }),
  };
}

/** The entry whose refresh token was redeemed with success: no try is open, and its successor is known by it. */
function redeemed({ attemptedAt: _open, unanswered: _told, notBefore: _past, ...entry }: Entry): Entry {
  return { ...entry, ...(entry.refreshToken === undefined ? {} : { redeemed: fingerprint(entry.refreshToken) }) };
}

/** Tells refresh tokens apart and says nothing of them: the first 128 bits of SHA-256, as base64url. */
export function fingerprint(token: RefreshToken): string {
  return createHash('sha256').update(token.reveal()).digest().subarray(0, 16).toString('base64url');
}

/** What of a TokenSet an entry keeps as it is. */
function storedTokens({ accessToken, accessTokenSecret, idToken, refreshToken, scopes, resources }: TokenSet) {
  return {
    ...(scopes === undefined ? {} : { scopes }),
    ...(resources === undefined ? {} : { resources }),
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(accessTokenSecret === undefined ? {} : { accessTokenSecret }),
    ...(idToken === undefined ? {} : { idToken }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
  } satisfies Partial<Entry>;
}

function withRefresh(entry: Entry, refreshed: Refreshed): readonly Refreshed[] {
  return [...entry.history, refreshed].slice(-historyLength);
}
