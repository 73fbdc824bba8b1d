import type { App } from '../../app.ts';
import type { Provider } from '../../providers/provider.ts';
import { appCodeHash, sealAppCode } from '../../sign-in/app-code.ts';
import { newSession, type SignIn } from '../../sign-in/new-session.ts';
import type { SessionToken } from '../../telemetry/secret.ts';
import type { Session } from '../../token-store/session.ts';

/** Stores the session of somebody who has just signed in, and gives it with its first token. */
export async function beginSession(
  provider: Provider,
  signedIn: SignIn,
  app: App,
): Promise<{ readonly session: Session; readonly token: SessionToken }> {
  const { session, key } = await drawn(provider, signedIn, app);
  await stored(session, app);
  return { session, token: await app.sessionTokens.issue(session, key) };
}

/** The same for an app that is to exchange a code for the session token; gives that code. */
export async function beginSessionByCode(
  provider: Provider,
  signedIn: SignIn,
  challenge: string,
  app: App,
): Promise<string> {
  const { session, key } = await drawn(provider, signedIn, app);
  const code = await sealAppCode({ key, challenge, provider: provider.name }, app.ring, app.platform.clock);
  await stored({ ...session, appCode: appCodeHash(code) }, app);
  return code;
}

async function drawn(provider: Provider, signedIn: SignIn, { settings, ring, platform }: App) {
  return newSession(provider, signedIn, settings.session, await ring.newest(), platform);
}

async function stored(session: Session, { store, log }: App): Promise<void> {
  await store.create(session);
  log.event('sign_in_finished', { provider: session.provider, session: session.id });
}
