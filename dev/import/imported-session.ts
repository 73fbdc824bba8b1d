import { type Platform, seconds } from '../../shared/platform.ts';
import type { Provider } from '../../shared/providers/provider.ts';
import { isDue, nextVisit } from '../../shared/refresh/schedule.ts';
import { sessionExpiry } from '../../shared/sessions/expiry.ts';
import { importedKey } from '../../shared/sessions/imported-key.ts';
import type { SessionLifetimes } from '../../shared/sign-in/new-session.ts';
import { aliasOf, type Epoch, userNames } from '../../shared/token-store/epoch.ts';
import { minuteOf, type SessionId, sessionIdOf, type UserId } from '../../shared/token-store/names.ts';
import type { Entry, Session } from '../../shared/token-store/session.ts';

/** Entries that were due before the import are visited within this many seconds, so that providers are not flooded. */
const spread = 30 * 60;

/** No provider has this name: it stands for the store that the files come from. */
const easyAuth = 'easy-auth';

export interface ImportedFile {
  /** The name of the file without `.json`. */
  readonly name: string;
  /** By provider name; at least one. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Further sids that stand for this user, each `sid:` and 32 hex digits. */
  readonly sids: readonly string[];
}

/** The id of the session that a file becomes, the same at every import. */
export function importedId(epoch: Epoch, name: string): SessionId {
  return sessionIdOf(importedKey(epoch, aliasOf(epoch, easyAuth, name)));
}

/**
 * The session of a user of Easy Auth. Old session tokens find it by their `sub` or `stable_sid`, which is `sid:` and the
 * file's name, and self-issued ones by the provider's id of the user. It lives as if its user had just signed in.
 */
export function importedSession(
  { name, entries, sids }: ImportedFile,
  provider: (name: string) => Provider | undefined,
  lifetimes: SessionLifetimes,
  epoch: Epoch,
  { clock, random }: Platform,
): Session {
  const now = seconds(clock);
  const [main] = [...entries].toSorted(([, one], [, other]) => lastsUntil(other) - lastsUntil(one));
  if (!main) throw new Error('a file without entries');
  const names = userNames(epoch, main[0], main[1].issuer, main[1].subject);
  const aliases = [...entries].flatMap(([of, { issuer, subject, claims }]): UserId[] => [
    ...(of === main[0] ? [] : [userNames(epoch, of, issuer, subject).user]),
    ...[`sid:${name}`, ...sids].map((sid) => aliasOf(epoch, of, sid)),
    aliasOf(epoch, of, provider(of)?.principalId(claims, subject) ?? subject),
  ]);
  const begun = {
    ...names,
    aliases: [...new Set([aliasOf(epoch, easyAuth, name), ...aliases])],
    id: importedId(epoch, name),
    provider: main[0],
    signedInAt: now,
    endsAt: now + lifetimes.absoluteLifetime,
    entries: Object.fromEntries(entries),
  };
  const derived = sessionExpiry(begun, lifetimes, now);
  const expiresAt = derived > now ? derived : Math.min(now + lifetimes.lifetime, begun.endsAt);
  const timed = { ...begun, expiresAt };
  const visitAt = [...entries.values()].some((entry) => isDue(entry, now))
    ? minuteOf((now + 60 + random.fraction() * spread) * 1000)
    : nextVisit(timed, now, lifetimes.refreshExtension);
  return { ...timed, visitAt };
}

/** The entry that was renewed last is that of the newest sign-in; what never expires says nothing about that. */
function lastsUntil({ expiresAt = 0 }: Entry): number {
  return expiresAt;
}
