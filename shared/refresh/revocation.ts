import type { Provider } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import { connectionOf, userNames } from '../token-store/epoch.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import type { SessionId } from '../token-store/names.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';

export interface RevocationParts {
  readonly store: SessionStore;
  readonly ring: Pick<KeyRing, 'newest'>;
  readonly provider: (name: string) => Provider | undefined;
  readonly log: Log;
}

/** Ends the tokens of a session that is over, entry by entry as `revokeEntry` does. */
export async function revokeEntries(session: Session, parts: RevocationParts): Promise<void> {
  const entries = Object.entries(session.entries);
  await Promise.all(entries.map(([name, entry]) => revokeEntry(session.id, name, entry, parts)));
}

/**
 * Ends the tokens of an entry that its session has no more, as far as the provider offers that and answers. Where that
 * would end what other sessions live on, it is left to the last of them.
 */
export async function revokeEntry(
  session: SessionId,
  name: string,
  entry: Entry,
  { store, ring, provider, log }: RevocationParts,
): Promise<void> {
  const from = provider(name);
  if (!from || entry.dead) return;
  try {
    if (from.revocationEndsGrant && (await isHeldElsewhere(name, entry, store, ring))) return;
    if (await from.revoke(entry, entry)) log.event('tokens_revoked', { session, provider: name });
  } catch (error) {
    log.event('revocation_failed', { session, provider: name }, error);
  }
}

/** Whether a session lives on what this account has given the app: the account's own, or one that it is connected in. */
async function isHeldElsewhere(
  name: string,
  { issuer, subject }: Entry,
  store: SessionStore,
  ring: RevocationParts['ring'],
): Promise<boolean> {
  const epoch = await ring.newest();
  const account = [userNames(epoch, name, issuer, subject).user, connectionOf(epoch, name, issuer, subject)];
  const sessions = (await Promise.all(account.map((one) => store.sessionsOf(one)))).flat();
  return sessions.some(({ session }) => {
    const other = session.entries[name];
    return other?.issuer === issuer && other.subject === subject;
  });
}

/** Ends tokens that came for a session which was over by then. */
export async function revokeLate(
  entry: Entry,
  name: string,
  { provider, log }: Pick<RevocationParts, 'provider' | 'log'>,
): Promise<void> {
  const from = provider(name);
  // Whoever ended the session has decided what becomes of the whole grant.
  if (!from || from.revocationEndsGrant) return;
  await from.revoke(entry, entry).catch((error: unknown) => log.event('revocation_failed', { provider: name }, error));
}
