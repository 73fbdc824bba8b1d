import type { EpochSeconds } from '../platform.ts';
import type { BackendSettings } from '../settings/settings.ts';
import type { BackendUse, Session } from '../token-store/session.ts';
import { type ConsentParts, consentIn } from './consent.ts';

/** A backend as its user sees it. */
export interface BackendConsent {
  readonly backend: BackendSettings;
  /** Since when the user has let it have tokens; absent where the user does not. */
  readonly since?: EpochSeconds;
  /** What it had tokens for, the newest last. */
  readonly uses: readonly BackendUse[];
}

/** Every backend of the settings, with what the user has said and what it did: in all sessions of the user. */
export async function consentsOf(session: Session, { store, settings }: ConsentParts): Promise<BackendConsent[]> {
  const sessions = (await store.sessionsOf(session.user, 'all')).map((stored) => stored.session);
  const uses = merged(sessions.flatMap((one) => one.uses ?? []));
  return settings.backends.map((backend) => {
    const given = sessions.flatMap((one) => consentIn(one, backend.name)?.at ?? []);
    return {
      backend,
      ...(given.length === 0 ? {} : { since: Math.min(...given) }),
      uses: uses.filter((use) => use.backend === backend.name),
    };
  });
}

/** The uses of several sessions as if they were one's. */
function merged(uses: readonly BackendUse[]): BackendUse[] {
  const all = new Map<string, BackendUse>();
  for (const use of uses) {
    const key = JSON.stringify([use.backend, use.provider, use.purpose]);
    const { firstAt, lastAt, count } = all.get(key) ?? { ...use, count: 0 };
    all.set(key, {
      ...use,
      firstAt: Math.min(firstAt, use.firstAt),
      lastAt: Math.max(lastAt, use.lastAt),
      count: count + use.count,
    });
  }
  return [...all.values()].sort((one, other) => one.lastAt - other.lastAt);
}
