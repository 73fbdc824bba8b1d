import { query } from './call.ts';
import type { Entry } from './entry.ts';
import type { Session } from './session.ts';
import { TokenkeepError } from './tokenkeep-error.ts';

/** Which access token. */
export interface TokenOptions {
  /** As in `login/{provider}`; else that of `createClient`, else that of the sign-in. */
  readonly provider?: string | undefined;
  /** For a further API, with a provider that gives such: one of the two. The server alone says when these are renewed. */
  readonly scope?: string | undefined;
  readonly resource?: string | undefined;
  /** A token that an API has refused: another one is given, renewed where need be, as far as it can be had. */
  readonly refused?: string | undefined;
}

/** Renewed this long before it expires, in milliseconds, or in the last third of a shorter life. */
const longestLead = 300_000;
const never = '9999';
/** After a failed try, in seconds, where the server names no time. */
const pause = 30;

/** A token as this tab has it; times in milliseconds since 1970 UTC, by the clock of this machine. */
interface Kept {
  readonly token: string;
  readonly expires: number;
  /** Up to when it is given without asking. */
  readonly due: number;
}

export type GetAccessToken = (options?: TokenOptions) => Promise<string>;

/** `main` is the provider where a call names none. `forget` makes the next calls ask anew. */
export function accessTokens({ read, renew }: Session, main: string | undefined) {
  const kept = new Map<string, Kept>();
  const running = new Map<string, Promise<string>>();

  async function getAccessToken(options: TokenOptions = {}): Promise<string> {
    const { provider = main, scope, resource, refused } = options;
    const wanted = query({ provider, scope, resource });
    const isGood = ({ token, due }: Kept) => Date.now() < due && token !== refused;
    const found = kept.get(wanted);
    if (found && isGood(found)) return found.token;

    const key = `${wanted} ${refused}`;
    const started = running.get(key) ?? fetched(found).finally(() => running.delete(key));
    running.set(key, started);
    return started;

    async function fetched(present: Kept | undefined): Promise<string> {
      let isRenewed = false;
      const isEnough = (entries: readonly Entry[]) => {
        present = keptOf(entries, provider);
        isRenewed = !isGood(present);
        return !isRenewed;
      };
      try {
        const entries = await (scope || resource ? read(wanted) : renew(isEnough, provider));
        const next = keptOf(entries, provider, isRenewed);
        kept.set(wanted, next);
        return next.token;
      } catch (error) {
        const { status, code, retryAfter = pause } = error as TokenkeepError;
        const mayPass = status >= 500 || code === 'network' || code === 'refresh_not_possible';
        if (!mayPass || !present || present.expires <= Date.now()) throw error;
        const due = Math.min(present.expires, Date.now() + retryAfter * 1000);
        kept.set(wanted, { ...present, due });
        return present.token;
      }
    }
  }
  return { getAccessToken, forget: () => kept.clear() };
}

/** One that was renewed just now lives from now on, whatever the clock of this machine says of its expiry. */
function keptOf(entries: readonly Entry[], provider: string | undefined, isRenewed = false): Kept {
  const entry = entries.find(({ provider_name }) => !provider || provider_name === provider);
  if (!entry?.access_token) throw new TokenkeepError('no_access_token');
  const { access_token: token, expires_on = never, refresh_state } = entry;
  const expires = Date.parse(expires_on);
  const life = expires - Date.parse(refresh_state.issued_on);
  const due = (isRenewed ? Date.now() + life : expires) - Math.min(longestLead, life / 3);
  return { token, expires, due };
}
