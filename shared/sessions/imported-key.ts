import { createHmac } from 'node:crypto';
import type { Epoch } from '../token-store/epoch.ts';
import { sessionIdOf, type UserId } from '../token-store/names.ts';
import type { Session } from '../token-store/session.ts';
import type { SessionKey } from './session-token.ts';

/**
 * The key of the session that was imported under this alias, which stands for a file of an older token store. Unlike
 * the key of a sign-in it can be made again, by whoever holds the key ring: so the import finds what it has made
 * before, and a token of the older store can be exchanged for one of ours.
 */
export function importedKey({ lookup }: Pick<Epoch, 'lookup'>, alias: UserId): SessionKey {
  return createHmac('sha256', lookup)
    .update(JSON.stringify(['imported', alias]))
    .digest('base64url') as SessionKey;
}

/** The key of a session that was imported; undefined for every other session. */
export function importedKeyOf(
  epoch: Pick<Epoch, 'lookup'>,
  { id, aliases }: Pick<Session, 'id' | 'aliases'>,
): SessionKey | undefined {
  return aliases.map((alias) => importedKey(epoch, alias)).find((key) => sessionIdOf(key) === id);
}
