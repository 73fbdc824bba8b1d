import type { Provider } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { Session } from '../token-store/session.ts';
import type { SessionStore } from '../token-store/session-store.ts';

/**
 * Ends a session: here first, so that it is over whatever the provider does; then its refresh tokens are revoked, as
 * far as the provider offers that and answers (RFC 7009).
 */
export async function endSession(
  session: Session,
  store: SessionStore,
  provider: (name: string) => Provider | undefined,
  log: Log,
): Promise<void> {
  await store.end(session);
  const revocations = Object.entries(session.entries).map(async ([name, { refreshToken, dead }]) => {
    if (!refreshToken || dead) return;
    try {
      if (await provider(name)?.revoke(refreshToken))
        log.event('tokens_revoked', { session: session.id, provider: name });
    } catch (error) {
      log.event('revocation_failed', { session: session.id, provider: name }, error);
    }
  });
  await Promise.all(revocations);
}
