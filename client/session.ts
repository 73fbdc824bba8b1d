import { call, query, type Server } from './call.ts';
import type { Changes } from './changes.ts';
import type { Entry } from './entry.ts';
import { exclusively } from './exclusively.ts';
import type { TokenkeepError } from './tokenkeep-error.ts';

/** The user's session, as the server has it. Both throw a TokenkeepError. */
export interface Session {
  /** The entries; `wanted` is a query of `/.auth/me`. A session that has expired is renewed first. */
  read(wanted?: string): Promise<readonly Entry[]>;
  /**
   * Renews tokens and session, one tab at a time. What the server has meanwhile is looked at first, and given where it
   * `isEnough`: another tab, or the server by itself, may have done it.
   */
  renew(isEnough: (entries: readonly Entry[]) => boolean, provider?: string): Promise<readonly Entry[]>;
}

/** `lock` is the name that the tabs of this origin have for it. */
export function createSession(server: Server, lock: string, changes: Changes): Session {
  async function look(wanted = ''): Promise<readonly Entry[]> {
    const entries = [await call(server, 'GET', `me${wanted}`)].flat() as Entry[];
    if (!wanted) changes.take(entries);
    return entries;
  }

  function renew(isEnough: (entries: readonly Entry[]) => boolean, provider?: string): Promise<readonly Entry[]> {
    return exclusively(lock, async () => {
      const entries = await look().catch(unlessExpired);
      if (entries && isEnough(entries)) return entries;
      await call(server, 'POST', `refresh${query({ provider })}`);
      changes.tell();
      return look();
    });
  }

  return {
    renew,
    async read(wanted) {
      const entries = await look(wanted).catch(unlessExpired);
      if (entries) return entries;
      const renewed = await renew(() => true);
      return wanted ? look(wanted) : renewed;
    },
  };
}

function unlessExpired(error: TokenkeepError): undefined {
  if (error.code !== 'session_expired') throw error;
}
