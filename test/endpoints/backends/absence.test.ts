import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { sweepDue, visitAll } from '../../../shared/endpoints/visits.ts';
import { startOf } from '../../../shared/token-store/names.ts';
import { agree, askFor, backendJson, type JobIssuer, refusalIn, startJobIssuer } from '../../fixtures/backends.ts';
import { type LocalApp, localApp, signedIn } from '../../fixtures/local-app.ts';
import { sessionIdIn, storedEntry, storedSession } from '../../fixtures/stored.ts';

let jobs: JobIssuer;
let local: LocalApp;
beforeAll(async () => {
  jobs = await startJobIssuer();
  local = await localApp({
    // Few refreshes are enough to outlast the session token.
    accessTokenSeconds: 3600,
    environment: { TOKENKEEP_SESSION_MAX_HOURS: '6' },
    authJson: (document) => ({
      ...document,
      login: {
        tokenStore: { tokenRefreshExtensionHours: 1 },
        cookieExpiration: { timeToExpiration: '01:00:00' },
      },
      backends: { reports: backendJson(jobs.issuer) },
    }),
  });
});
afterEach(() => local.clock.reset());
afterAll(async () => {
  await local.close();
  await jobs.close();
});

/** The timer and the queue function at each minute that the session is filed under, until this time (seconds). */
async function sweepUntil(time: number, cookie: string): Promise<void> {
  const id = sessionIdIn(cookie);
  for (;;) {
    const session = (await local.app.store.read(id))?.session;
    if (!session || startOf(session.visitAt) / 1000 > time) break;
    local.clock.advance((startOf(session.visitAt) - local.clock.now()) / 1000 + 1);
    const due = (await sweepDue(local.app)).flatMap(({ visits }) => visits).filter((one) => one.endsWith(id));
    await visitAll({ visits: due }, local.app);
  }
  local.clock.advance(time - local.clock.now() / 1000);
}

const ask = async (user: string) => askFor(local, await jobs.token(local.clock.now()), { user });

it('a user who has agreed may be away until the session ends: the timer keeps the tokens fresh', async () => {
  const { cookie } = await signedIn(local);
  const { subject, accessToken } = await storedEntry(local.app, sessionIdIn(cookie));
  await agree(local, cookie);
  const { expiresAt, endsAt } = await storedSession(local.app, sessionIdIn(cookie));
  const late = endsAt - 600;
  expect(late).toBeGreaterThan(expiresAt + 2 * 3600);
  await sweepUntil(late, cookie);
  const { history } = await storedEntry(local.app, sessionIdIn(cookie));
  expect(history.length).toBeGreaterThanOrEqual(4);
  expect(new Set(history.map(({ by }) => by))).toEqual(new Set(['sweep']));
  const answer = (await (await ask(`demo:${subject}`)).json()) as { access_token: string };
  expect(answer.access_token).toMatch(/\S/);
  expect(answer.access_token).not.toBe(accessToken.reveal());
  expect((await local.fetch('/.auth/me', { headers: { cookie } })).status).toBe(401);

  await sweepUntil(endsAt + 300, cookie);
  expect(await refusalIn(await ask(`demo:${subject}`))).toBe('404 user_unknown');
});

it('a user who has not is forgotten as before', async () => {
  const { cookie } = await signedIn(local);
  const { expiresAt, endsAt } = await storedSession(local.app, sessionIdIn(cookie));
  expect(expiresAt + 3600 + 300).toBeLessThan(endsAt);
  await sweepUntil(expiresAt + 3600 + 300, cookie);
  expect(await local.app.store.read(sessionIdIn(cookie))).toBeUndefined();
});

it('a session past its end that is still stored gives nothing', async () => {
  const { cookie } = await signedIn(local);
  const { subject } = await storedEntry(local.app, sessionIdIn(cookie));
  await agree(local, cookie);
  const { endsAt } = await storedSession(local.app, sessionIdIn(cookie));
  local.clock.advance(endsAt - local.clock.now() / 1000 + 1);
  expect(await refusalIn(await ask(`demo:${subject}`))).toBe('404 user_unknown');
  expect(await local.app.store.read(sessionIdIn(cookie))).toBeDefined();
});
