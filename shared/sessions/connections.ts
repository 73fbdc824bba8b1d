import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Platform, seconds } from '../platform.ts';
import type { Identity, Provider, SignedIn } from '../providers/provider.ts';
import { newEntry, widenedEntry } from '../refresh/refreshed-entry.ts';
import { type RevocationParts, revokeEntry } from '../refresh/revocation.ts';
import { aliasOf, connectionOf, userNames } from '../token-store/epoch.ts';
import type { SessionId, UserId } from '../token-store/names.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { Amend } from './amend.ts';

interface ConnectionParts extends RevocationParts {
  readonly amend: Amend;
  readonly platform: Platform;
}

/**
 * Puts an account into a session that somebody else has signed in to, or widens what the session has of it already.
 * Throws `connection_other_account`, `connection_taken` and `connection_session_changed`, after which the tokens are
 * revoked; `session_busy` and `container_*`.
 */
export async function connect(
  id: SessionId,
  { name }: Pick<Provider, 'name'>,
  signedIn: SignedIn,
  parts: ConnectionParts,
): Promise<void> {
  const { amend, ring, platform, log } = parts;
  const now = seconds(platform.clock);
  const entry = newEntry(signedIn, now, platform.random);
  try {
    const account = connectionOf(await ring.newest(), name, signedIn.issuer, signedIn.subject);
    await reserve(id, name, entry, account, parts);
    const stored = await amend(id, (session) => {
      const held = heldEntry(session, name, entry);
      // Disconnected again meanwhile, it may be another's by now.
      if (name !== session.provider && !session.connected?.includes(account)) throw changed();
      const next = held ? widenedEntry(held, signedIn, now, platform.random) : { ...entry, connectedAt: now };
      return { ...session, entries: { ...session.entries, [name]: next } };
    });
    if (!stored) throw changed();
    log.event('account_connected', { session: id, provider: name });
  } catch (error) {
    if (isRefusal(error)) {
      await revokeEntry(id, name, entry, parts);
      await unreserve(id, name, entry, parts);
    }
    throw error;
  }
}

/**
 * Writes down that the account is to be this session's, then looks whether it is another user's: of two who do so at the
 * same time, the later one sees the earlier one. The names of a session outlast a crash, so an account may stay reserved
 * until that session ends.
 */
async function reserve(id: SessionId, name: string, entry: Entry, account: UserId, parts: ConnectionParts) {
  const { amend, store } = parts;
  const reserved = await amend(id, (session) => {
    heldEntry(session, name, entry);
    const { connected = [] } = session;
    const isNamed = name === session.provider || connected.includes(account);
    return isNamed ? session : { ...session, connected: [...connected, account] };
  });
  if (!reserved) throw changed();
  if (name === reserved.provider) return;
  const others = (await store.sessionsOf(account, 'all')).filter(({ session }) => session.user !== reserved.user);
  if (others.length > 0) throw new TokenkeepError('connection_taken');
}

/** Takes the name of an account back of which the session has nothing. */
async function unreserve(id: SessionId, name: string, entry: Entry, { amend, ring }: ConnectionParts): Promise<void> {
  const account = connectionOf(await ring.newest(), name, entry.issuer, entry.subject);
  await amend(id, (session) => (holds(session, name, entry) ? session : withoutName(session, account)));
}

/**
 * Takes a connected account out of a session, and gives the session as it is then; the account's tokens are revoked.
 * Throws `connection_unknown`, `connection_is_sign_in`, `session_ended`, `session_busy` and `container_*`.
 */
export async function disconnect(session: Session, provider: string, parts: ConnectionParts): Promise<Session> {
  const { amend, ring, log } = parts;
  const epoch = await ring.newest();
  let removed: Entry | undefined;
  const left = await amend(session.id, (current) => {
    const { [provider]: entry, ...entries } = current.entries;
    if (!entry || !Object.hasOwn(current.entries, provider)) throw new TokenkeepError('connection_unknown');
    if (provider === current.provider) throw new TokenkeepError('connection_is_sign_in');
    const { issuer, subject, claims } = entry;
    const principal = parts.provider(provider)?.principalId(claims, subject) ?? subject;
    // Under these the account of an imported session opens it.
    const names = [userNames(epoch, provider, issuer, subject).user, aliasOf(epoch, provider, principal)];
    removed = entry;
    return {
      ...withoutName(current, connectionOf(epoch, provider, issuer, subject)),
      aliases: current.aliases.filter((alias) => !names.includes(alias)),
      entries,
    };
  });
  if (!left) throw new TokenkeepError('session_ended');
  log.event('account_disconnected', { session: session.id, provider });
  if (removed) await revokeEntry(session.id, provider, removed, parts);
  return left;
}

/** What the session has of this account; undefined where it has nothing of the provider. Throws `connection_other_account`. */
function heldEntry(session: Session, name: string, account: Identity): Entry | undefined {
  const held = session.entries[name];
  if (held && !holds(session, name, account)) throw new TokenkeepError('connection_other_account');
  return held;
}

function holds({ entries }: Session, name: string, { issuer, subject }: Identity): boolean {
  return entries[name]?.issuer === issuer && entries[name].subject === subject;
}

function withoutName(session: Session, account: UserId): Session {
  if (!session.connected?.includes(account)) return session;
  return { ...session, connected: session.connected.filter((name) => name !== account) };
}

function changed(): TokenkeepError {
  return new TokenkeepError('connection_session_changed');
}

function isRefusal(error: unknown): boolean {
  return error instanceof TokenkeepError && error.code.startsWith('connection_');
}
