import type { Provider } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { Entry, Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';

export interface RevocationParts {
  readonly store: SessionStore;
  readonly provider: (name: string) => Provider | undefined;
  readonly log: Log;
}

/**
 * Ends the tokens of a session that is over at its providers, as far as they offer that and answer. Where that would
 * end what the user's other sessions live on, it is left to the last of them.
 */
export async function revokeEntries(session: Session, { store, provider, log }: RevocationParts): Promise<void> {
  const revocations = Object.entries(session.entries).map(async ([name, entry]) => {
    const from = provider(name);
    if (!from || entry.dead) return;
    try {
      if (from.revocationEndsGrant && (await hasOtherSession(session, name, entry, store))) return;
      if (await from.revoke(entry, entry)) log.event('tokens_revoked', { session: session.id, provider: name });
    } catch (error) {
      log.event('revocation_failed', { session: session.id, provider: name }, error);
    }
  });
  await Promise.all(revocations);
}

/**
 * Whether another session lives on what this user has given the app at this provider. Who has signed in by the provider
 * is the session's user; whose entry it has beside that is one of its aliases.
 */
async function hasOtherSession(
  { provider, user, aliases }: Session,
  name: string,
  { issuer, subject }: Entry,
  store: SessionStore,
): Promise<boolean> {
  for (const known of name === provider ? [user] : aliases) {
    const other = (await store.newestOf(known))?.session.entries[name];
    if (other?.issuer === issuer && other.subject === subject) return true;
  }
  return false;
}

/** Ends tokens that came for a session which was over by then. */
export async function revokeLate(
  entry: Entry,
  name: string,
  { provider, log }: Omit<RevocationParts, 'store'>,
): Promise<void> {
  const from = provider(name);
  // Whoever ended the session has decided what becomes of the whole grant.
  if (!from || from.revocationEndsGrant) return;
  await from.revoke(entry, entry).catch((error: unknown) => log.event('revocation_failed', { provider: name }, error));
}
