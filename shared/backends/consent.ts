import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Clock, seconds } from '../platform.ts';
import type { Amend } from '../sessions/amend.ts';
import type { BackendSettings } from '../settings/settings.ts';
import type { Log } from '../telemetry/log.ts';
import type { Consent, Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';

/** What of the app consents need. */
export interface ConsentParts {
  readonly amend: Amend;
  readonly store: SessionStore;
  readonly platform: { readonly clock: Clock };
  readonly log: Log;
  readonly settings: { readonly backends: readonly BackendSettings[] };
}

/** Whether, and since when, a session's user lets this backend have tokens in their absence. */
export function consentIn({ consents = {} }: Session, backend: string): Consent | undefined {
  return Object.hasOwn(consents, backend) ? consents[backend] : undefined;
}

/**
 * Lets the backend have the tokens of this session in the absence of its user. Gives the session as it is stored then,
 * undefined where it has ended. Throws `backend_unknown`, `session_busy` and `container_*`.
 */
export async function giveConsent(
  session: Session,
  backend: string,
  parts: ConsentParts,
): Promise<Session | undefined> {
  const { amend, platform, settings, log } = parts;
  if (!settings.backends.some(({ name }) => name === backend)) throw new TokenkeepError('backend_unknown');
  const at = seconds(platform.clock);
  const changed = await amend(session.id, (stored) =>
    consentIn(stored, backend) ? stored : { ...stored, consents: { ...stored.consents, [backend]: { at } } },
  );
  if (changed) log.event('consent_given', { session: session.id, backend });
  return changed;
}

/** One turn is enough, unless what was agreed to is just going over into a new session. */
const mostTurns = 5;

/**
 * Takes the consent back in every session of the user, until there is none that has it. Gives this session as it is
 * stored then, undefined where it has ended. Throws `session_busy` and `container_*`, after having tried all sessions.
 */
export async function withdrawConsent(
  session: Session,
  backend: string,
  { amend, store, log }: ConsentParts,
): Promise<Session | undefined> {
  let wasGiven = false;
  const withdrawn = (stored: Session): Session => {
    if (!consentIn(stored, backend)) return stored;
    wasGiven = true;
    const { [backend]: _given, ...others } = stored.consents ?? {};
    return { ...stored, consents: others };
  };
  const consented = async () => {
    const sessions = (await store.sessionsOf(session.user, 'all')).map((stored) => stored.session);
    return sessions.filter((one) => consentIn(one, backend)).map(({ id }) => id);
  };

  let own: Session | undefined;
  let left = [session.id, ...(await consented()).filter((id) => id !== session.id)];
  for (let turn = 0; left.length > 0 && turn < mostTurns; turn++) {
    const results = await Promise.allSettled(left.map((id) => amend(id, withdrawn)));
    const failed = results.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    if (turn === 0 && results[0]?.status === 'fulfilled') own = results[0].value;
    left = await consented();
  }
  if (wasGiven) log.event('consent_withdrawn', { session: session.id, backend });
  return own;
}
