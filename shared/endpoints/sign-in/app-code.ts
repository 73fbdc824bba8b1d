import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json } from '../../http/respond.ts';
import { seconds } from '../../platform.ts';
import { appCodeHash, isVerified, openAppCode } from '../../sign-in/app-code.ts';
import { type SessionId, sessionIdOf } from '../../token-store/names.ts';
import type { Session } from '../../token-store/session.ts';
import { providerIn, single } from '../route.ts';
import { tokenReply } from '../session/token-reply.ts';

/** While a refresh has the session's lease, the exchange waits: how often it tries, and how long between, in milliseconds. */
const tries = 40;
const pause = 250;

/**
 * `GET {prefix}/login/{provider}/token?authorization_code=&code_verifier=`: a native app exchanges the code that its
 * sign-in ended with for the session token. Other parameters are passed over, since Microsoft's SDKs repeat those of
 * the login. Throws `request_malformed` or `app_code_refused`.
 */
export async function appCodeExchange(request: Request, app: App): Promise<Response> {
  const provider = providerIn(request, app);
  const parameters = new URL(request.url).searchParams;
  const [code, verifier] = [single(parameters, 'authorization_code'), single(parameters, 'code_verifier')];
  if (code === undefined || verifier === undefined) {
    throw new TokenkeepError('request_malformed', { detail: 'authorization_code and code_verifier' });
  }
  const opened = await openAppCode(code, app.ring);
  if (opened?.provider !== provider.name || !isVerified(opened, verifier)) throw new TokenkeepError('app_code_refused');
  const isInTime = opened.expiresAt > seconds(app.platform.clock);
  const session = await exchanged(sessionIdOf(opened.key), appCodeHash(code), isInTime, app);
  return json(tokenReply(session, await app.sessionTokens.issue(session, opened.key)));
}

/**
 * The session whose code is used with this, and never again: the exchange takes it out of the stored session, and of
 * several only one can. A code that comes twice has been seen by somebody else, so its session ends (RFC 6749 section
 * 4.1.2); so does one that nobody exchanged in time.
 */
async function exchanged(id: SessionId, hash: string, isInTime: boolean, app: App): Promise<Session> {
  const { store, platform, log } = app;
  for (let at = 0; at < tries; at++) {
    const stored = await store.read(id);
    if (!stored) throw new TokenkeepError('app_code_refused');
    const { appCode, ...session } = stored.session;
    const isUnused = appCode === hash;
    if (isUnused && isInTime) {
      if (await store.update(session, stored.session, { etag: stored.etag })) return session;
      await platform.clock.sleep(pause);
      continue;
    }
    if (isUnused || isInTime) {
      await app.endSession(stored.session);
      log.event('signed_out', { session: id, reason: isUnused ? 'code not used' : 'code used twice' });
    }
    throw new TokenkeepError('app_code_refused');
  }
  throw new TokenkeepError('container_unreachable', { detail: 'the session is being written again and again' });
}
