import * as z from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Log } from '../telemetry/log.ts';
import { isSessionId, type SessionId } from '../token-store/names.ts';
import type { Entry } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';

/** A sealed session that could not be written. */
export interface Rescued {
  readonly id: SessionId;
  readonly provider: string;
  readonly sealed: string;
}

/** The recovery queue in the storage account of the Functions host. Throws where it cannot take the message. */
export interface RecoveryQueue {
  put(rescued: Rescued): Promise<void>;
}

const message = z.object({
  id: z.string().refine(isSessionId),
  provider: z.string(),
  sealed: z.string(),
});

/**
 * Puts the rescued tokens into their session. They are dropped where the session has ended or holds newer ones. While
 * the container is still away, or somebody else is writing, this throws, and the queue delivers the message again.
 */
export async function recover(input: unknown, store: SessionStore, log: Log): Promise<void> {
  const parsed = message.safeParse(input);
  if (!parsed.success) throw new TokenkeepError('request_malformed', { detail: 'not a rescued session' });
  const { id, provider, sealed } = parsed.data;
  const rescued = await store.unseal(id, sealed);
  const entry = rescued.entries[provider];
  const current = await store.read(id);
  if (!current || !entry || !isSuccessor(entry, current.session.entries[provider])) {
    log.event('refresh_discarded', { session: id, provider });
    return;
  }
  const entries = { ...current.session.entries, [provider]: entry };
  const session = { ...current.session, entries, visitAt: rescued.visitAt };
  if (!(await store.update(session, current.session, { etag: current.etag }))) {
    throw new TokenkeepError('container_unreachable', { detail: 'the session is being written' });
  }
  log.event('refresh_recovered', { session: id, provider });
}

/** Whether no other refresh has been stored since the one that made `rescued`. */
function isSuccessor(rescued: Entry, stored: Entry | undefined): boolean {
  return stored !== undefined && rescued.history.at(-2)?.at === stored.history.at(-1)?.at;
}
