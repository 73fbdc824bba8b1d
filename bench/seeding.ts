import { randomBytes } from 'node:crypto';
import { Browser } from '../dev/provider/sign-in-client.ts';
import { beginSession } from '../shared/endpoints/sign-in/begin-session.ts';
import { Secret } from '../shared/telemetry/secret.ts';
import { type SessionId, sessionIdOf } from '../shared/token-store/names.ts';
import type { Session } from '../shared/token-store/session.ts';
import { atOnce } from './at-once.ts';
import type { Site } from './site.ts';

/** A session that is stored, and the token that opens it. */
export interface Seeded {
  readonly id: SessionId;
  readonly token: string;
}

export interface Seeding {
  /** What a sign-in by a browser has stored. */
  readonly model: Session;
  /** A refresh token with a grant of its own at the provider. */
  refreshToken(): string;
  /** Sessions with refresh tokens of their own, whose access tokens live so long. */
  sessions(count: number, accessTokenSeconds?: number): Promise<Seeded[]>;
}

const aYear = 365 * 24 * 3600;

/**
 * Makes sessions in number: one by a browser, the others by the app's own code from copies of its grant, because a
 * thousand sign-ins would take longer than what is measured.
 */
export async function createSeeding({
  app,
  records,
  origins,
}: Pick<Site, 'app' | 'records' | 'origins'>): Promise<Seeding> {
  const [origin = ''] = origins;
  const browser = new Browser();
  await browser.signIn(`${origin}/.auth/login/demo`, { account: 'ada@example.com' });
  const cookie = browser.cookies(origin)['AppServiceAuthSession'] ?? '';
  const { key = '' } = await app.sessionTokens.verify(new Secret('session_token', cookie), 0);
  const model = (await app.store.read(sessionIdOf(key)))?.session;
  const entry = model?.entries['demo'];
  const provider = app.provider('demo');
  const stored = entry?.refreshToken && records.get('RefreshToken', entry.refreshToken.reveal());
  const grant = stored?.grantId && records.get('Grant', stored.grantId);
  if (!model || !entry || !provider || !grant) throw new Error('The sign-in gave no refresh token.');

  function refreshToken(): string {
    const [grantId, name] = [randomName(), randomName()];
    records.put('Grant', grantId, { ...grant, jti: grantId }, aYear);
    records.put('RefreshToken', name, { ...stored, jti: name, grantId }, aYear);
    return name;
  }

  async function session(expiresIn: number): Promise<Seeded> {
    if (!entry || !provider) throw new Error('unreachable');
    const { issuer, subject, claims, accessToken, idToken } = entry;
    const tokens = {
      ...(accessToken ? { accessToken } : {}),
      ...(idToken ? { idToken } : {}),
      refreshToken: new Secret('refresh_token', refreshToken()),
      expiresIn,
    };
    const begun = await beginSession(provider, { issuer, subject, claims, tokens }, app);
    return { id: begun.session.id, token: begun.token.reveal() };
  }

  return {
    model,
    refreshToken,
    sessions: (count, accessTokenSeconds = 3600) =>
      atOnce(8, Array.from({ length: count }), () => session(accessTokenSeconds)),
  };
}

function randomName(): string {
  return randomBytes(32).toString('base64url');
}
