import { giveConsent, withdrawConsent } from '../../shared/backends/consent.ts';
import { withUse } from '../../shared/backends/usage.ts';
import { isTokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { type Platform, seconds } from '../../shared/platform.ts';
import type { SignedIn } from '../../shared/providers/provider.ts';
import type { RevocationParts } from '../../shared/refresh/revocation.ts';
import type { Amend } from '../../shared/sessions/amend.ts';
import { connect, disconnect } from '../../shared/sessions/connections.ts';
import { moveSession } from '../../shared/sessions/moved-session.ts';
import type { BackendSettings } from '../../shared/settings/settings.ts';
import { connectionOf, type Epoch } from '../../shared/token-store/epoch.ts';
import type { SessionId, UserId } from '../../shared/token-store/names.ts';
import type { Entry } from '../../shared/token-store/session.ts';

/** The app's ways to change a session under its lease. Each says whether it was done: not where the app refuses to. */
export interface Amending {
  connect(id: SessionId, account: SignedIn): Promise<boolean>;
  disconnect(id: SessionId): Promise<boolean>;
  giveConsent(id: SessionId, backend: string): Promise<boolean>;
  withdrawConsent(id: SessionId, backend: string): Promise<boolean>;
  countUse(id: SessionId, backend: string): Promise<boolean>;
  /** Ends a session in favour of a new one. */
  move(id: SessionId, to: SessionId): Promise<boolean>;
}

interface AmendingParts extends RevocationParts {
  readonly amend: Amend;
  readonly platform: Platform;
}

const epoch = { lookup: new Uint8Array(32) } as Epoch;
/** Names accounts, and seals nothing. */
export const modelRing = { newest: async () => epoch };

/** What a session calls an account that is connected. */
export function nameOf(provider: string, { issuer, subject }: Entry): UserId {
  return connectionOf(epoch, provider, issuer, subject);
}

export function createAmending(parts: AmendingParts): Amending {
  const { store, amend, platform } = parts;

  /** Does it with the session as it is now, where it is there. */
  async function withSession(
    id: SessionId,
    act: (session: NonNullable<Awaited<ReturnType<typeof store.read>>>['session']) => Promise<unknown>,
  ) {
    const stored = await store.read(id);
    if (!stored) return false;
    try {
      return (await act(stored.session)) !== undefined;
    } catch (error) {
      if (isTokenkeepError(error) && refusals.test(error.code)) return false;
      throw error;
    }
  }

  return {
    connect: (id, account) => withSession(id, () => connect(id, { name: 'second' }, account, parts).then(() => true)),
    disconnect: (id) => withSession(id, (session) => disconnect(session, 'second', parts)),
    giveConsent(id, backend) {
      const settings = { backends: [{ name: backend } as BackendSettings] };
      return withSession(id, (session) => giveConsent(session, backend, { ...parts, settings }));
    },
    withdrawConsent: (id, backend) =>
      withSession(id, (session) => withdrawConsent(session, backend, { ...parts, settings: { backends: [] } })),
    countUse: (id, backend) =>
      withSession(id, () =>
        amend(id, (session) => withUse(session, { backend, provider: 'model', purpose: 'p' }, seconds(platform.clock))),
      ),
    move: (id, to) => withSession(id, (session) => moveSession(session, to, parts).then(() => true)),
  };
}

const refusals = /^(connection_|consent_missing|session_ended)/;
