import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../../dev/provider/sign-in-client.ts';
import { handle } from '../../../shared/endpoints/handle.ts';
import type { UserId } from '../../../shared/token-store/names.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { handlerOf } from '../../fixtures/registered-routes.ts';
import { sessionIdIn, storedSession } from '../../fixtures/stored.ts';
import { userData } from '../../fixtures/user-data.ts';
import { aSession } from '../../token-store/sessions.ts';

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(async () => {
  await send('DELETE', 'sessions', await cookieOf());
});
afterAll(() => local.close());

/** The cookie of a new session. */
async function cookieOf(account = 'ada@example.com'): Promise<string> {
  const browser = local.browser();
  await browser.signIn(`${origin}/.auth/login/demo`, { account });
  return `AppServiceAuthSession=${browser.cookies(`${origin}/`)['AppServiceAuthSession']}`;
}

const send = (method: string, path: string, cookie: string, headers: Record<string, string> = {}) =>
  local.fetch(`/.auth/${path}`, { method, headers: { cookie, ...headers } });
const listed = async (cookie: string) =>
  (await (await send('GET', 'sessions', cookie)).json()) as Record<string, unknown>[];
const statusOfMe = async (cookie: string) => (await send('GET', 'me', cookie)).status;

describe('GET sessions', () => {
  it('lists the sessions of the user, newest first, with nothing but what it says', async () => {
    const first = await cookieOf();
    local.clock.advance(60);
    const second = await cookieOf();
    const { signedInAt, expiresAt } = await storedSession(local.app, sessionIdIn(first));
    const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', '.0000000Z');
    expect(await listed(first)).toEqual([
      expect.objectContaining({ id: sessionIdIn(second), current: false }),
      {
        id: sessionIdIn(first),
        current: true,
        provider: 'demo',
        device: 'unknown app',
        signed_in_on: time(signedInAt),
        expires_on: time(expiresAt),
        connections: [],
      },
    ]);
  });

  it('says when tokens were last renewed, and which accounts are connected', async () => {
    const cookie = await cookieOf();
    await send('POST', 'refresh', cookie);
    const { entries } = await storedSession(local.app, sessionIdIn(cookie));
    const at = entries['demo']?.history.at(-1)?.at ?? 0;
    await local.app.amend(sessionIdIn(cookie), (session) => {
      const { demo } = session.entries;
      return demo ? { ...session, entries: { ...session.entries, second: demo } } : session;
    });
    const [session] = await listed(cookie);
    expect(session).toMatchObject({
      last_refreshed_on: new Date(at * 1000).toISOString().replace('.000Z', '.0000000Z'),
      connections: ['second'],
    });
  });

  it('lists none of another user, not even one that this user’s account is connected in', async () => {
    const cookie = await cookieOf();
    await cookieOf('bo@example.com');
    const { user } = await storedSession(local.app, sessionIdIn(cookie));
    const theirs = aSession(local.clock.now(), { connected: [user] });
    await local.app.store.create(theirs);
    expect((await local.app.store.sessionsOf(user)).map(({ session }) => session.id)).toContain(theirs.id);
    expect((await listed(cookie)).map(({ id }) => id)).toEqual([sessionIdIn(cookie)]);
  });

  it('is refused to nobody', async () => {
    expect((await problemIn(await local.fetch('/.auth/sessions'))).code).toBe('not_signed_in');
  });
});

describe('what a session says of its device', () => {
  it('is a few words of the browser that came back from the provider, never the header', async () => {
    const browser = new Browser({
      fetch: (url, request) => {
        const headers = { ...request.headers, 'user-agent': chrome };
        return url.startsWith(origin)
          ? local.fetch(url.slice(origin.length), { ...request, headers })
          : fetch(url, request);
      },
    });
    await browser.signIn(`${origin}/.auth/login/demo`, { account: 'ada@example.com' });
    const id = sessionIdIn(`AppServiceAuthSession=${browser.cookies(`${origin}/`)['AppServiceAuthSession']}`);
    const session = await storedSession(local.app, id);
    expect(session.device).toBe('Chrome on Windows');
    expect(JSON.stringify(session)).not.toContain('AppleWebKit');
  });
});

describe('DELETE sessions/{id}', () => {
  it('ends that session at once, for every token of it and on every instance, and no other', async () => {
    const [mine, gone] = [await cookieOf(), await cookieOf()];
    const elsewhere = local.another();
    const asked = () => {
      const request = new Request(`${origin}/.auth/me`, { headers: { cookie: gone } });
      return handle(handlerOf(request), request, elsewhere);
    };
    expect((await asked()).status).toBe(200);
    const response = await send('DELETE', `sessions/${sessionIdIn(gone)}`, mine);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await problemIn(await asked())).code).toBe('session_ended');
    expect((await problemIn(await send('POST', 'refresh', gone))).code).toBe('session_ended');
    const token = gone.slice(gone.indexOf('=') + 1);
    const byHeader = await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': token } });
    expect((await problemIn(byHeader)).code).toBe('session_ended');
    expect(await statusOfMe(mine)).toBe(200);
    expect((await userData(local.app)).filter((name) => name.includes(sessionIdIn(gone)))).toEqual([]);
  });

  it('revokes its tokens, and says in the log that it was asked for', async () => {
    const [mine, gone] = [await cookieOf(), await cookieOf()];
    await send('DELETE', `sessions/${sessionIdIn(gone)}`, mine);
    const lines = local.logged.filter(({ session }) => session === sessionIdIn(gone));
    expect(lines.map(({ event, reason }) => [event, reason]).slice(-2)).toEqual([
      ['tokens_revoked', undefined],
      ['signed_out', 'asked'],
    ]);
  });

  it('takes the cookie away with the session that asks', async () => {
    const mine = await cookieOf();
    const response = await send('DELETE', `sessions/${sessionIdIn(mine)}`, mine);
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^AppServiceAuthSession=; .*Max-Age=0/)]);
    expect(await statusOfMe(mine)).toBe(401);
  });

  it('answers the same for another user’s session as for none, and leaves it alone', async () => {
    const [mine, theirs] = [await cookieOf(), await cookieOf('bo@example.com')];
    const answers = [];
    for (const id of [sessionIdIn(theirs), '0'.repeat(64), 'keyring', '%2e%2e']) {
      answers.push(await (await send('DELETE', `sessions/${id}`, mine)).text());
    }
    expect(JSON.parse(answers[0] ?? '')).toMatchObject({ status: 404, code: 'session_unknown' });
    expect(new Set(answers.slice(0, 3)).size).toBe(1);
    expect(await statusOfMe(theirs)).toBe(200);
  });

  it('does not end a session that the user’s account is merely connected in', async () => {
    const mine = await cookieOf();
    const { user } = await storedSession(local.app, sessionIdIn(mine));
    const theirs = aSession(local.clock.now(), { connected: [user] });
    await local.app.store.create(theirs);
    const response = await send('DELETE', `sessions/${theirs.id}`, mine);
    expect((await problemIn(response)).code).toBe('session_unknown');
    await send('DELETE', 'sessions', mine);
    expect(await storedSession(local.app, theirs.id)).toMatchObject({ user: theirs.user });
  });

  it('takes a session that cannot be opened for none', async () => {
    const [mine, damaged] = [await cookieOf(), sessionIdIn(await cookieOf())];
    const { container } = local.app;
    const blob = await container.read(`sessions/${damaged}`);
    if (blob.status !== 'found') throw new Error('the session is not there');
    await container.replace(`sessions/${damaged}`, `${blob.body.slice(0, -4)}AAAA`, { etag: blob.etag });
    const response = await send('DELETE', `sessions/${damaged}`, mine);
    expect((await problemIn(response)).code).toBe('session_unknown');
  });
});

describe('DELETE sessions', () => {
  it('ends every session of the user and takes the cookie away', async () => {
    const cookies = [await cookieOf(), await cookieOf(), await cookieOf()];
    const theirs = await cookieOf('bo@example.com');
    const response = await send('DELETE', 'sessions', cookies[1] ?? '');
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^AppServiceAuthSession=; .*Max-Age=0/)]);
    for (const cookie of cookies) expect(await statusOfMe(cookie)).toBe(401);
    expect(await statusOfMe(theirs)).toBe(200);
  });

  it('ends those too that the store lists no more, because there are so many', async () => {
    const mine = await cookieOf();
    const { user } = await storedSession(local.app, sessionIdIn(mine));
    const now = local.clock.now();
    const many = Array.from({ length: 55 }, (_, index) => aSession(now + (index + 1) * 60_000, { user, entries: {} }));
    await Promise.all(many.map((session) => local.app.store.create(session)));
    expect((await local.app.store.sessionsOf(user)).length).toBeLessThan(56);
    expect((await send('DELETE', 'sessions', mine)).status).toBe(204);
    const left = await Promise.all(many.map(({ id }) => local.app.store.read(id)));
    expect(left.filter((session) => session !== undefined)).toEqual([]);
    const ids = new Set<string | undefined>(many.map(({ id }) => id));
    expect((await userData(local.app)).filter((name) => ids.has(name.split('/').at(-1)))).toEqual([]);
  });

  it('ends this one last, so that it can ask again where another could not be ended', async () => {
    const [mine, sibling] = [await cookieOf(), await cookieOf()];
    const app = local.another();
    const end = app.endSession;
    const failing = {
      ...app,
      endSession: async (session: Parameters<typeof end>[0]) => {
        if (session.id === sessionIdIn(sibling)) throw new Error('the container went away');
        return end(session);
      },
    };
    const request = new Request(`${origin}/.auth/sessions`, { method: 'DELETE', headers: { cookie: mine } });
    expect((await handle(handlerOf(request), request, failing)).status).toBe(500);
    expect(await statusOfMe(mine)).toBe(200);
    expect(await statusOfMe(sibling)).toBe(200);
  });

  it('with others=1 leaves the one that asks, with its cookie', async () => {
    const [mine, ...others] = [await cookieOf(), await cookieOf(), await cookieOf()];
    const response = await send('DELETE', 'sessions?others=1', mine);
    expect([response.status, response.headers.getSetCookie()]).toEqual([204, []]);
    expect(await statusOfMe(mine)).toBe(200);
    for (const cookie of others) expect(await statusOfMe(cookie)).toBe(401);
  });

  it.each(['others=true', 'others=0', 'others=1&others=1'])('ends nothing with %s', async (query) => {
    const mine = await cookieOf();
    const response = await send('DELETE', `sessions?${query}`, mine);
    expect((await problemIn(response)).code).toBe('request_malformed');
    expect(await statusOfMe(mine)).toBe(200);
  });

  it.each(['sessions', 'sessions?others=1', 'sessions/{id}'])('of another site: %s ends nothing', async (path) => {
    const [mine, sibling] = [await cookieOf(), await cookieOf()];
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const response = await send('DELETE', path.replace('{id}', sessionIdIn(sibling)), mine, headers);
    expect((await problemIn(response)).code).toBe('cross_site_refused');
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([await statusOfMe(mine), await statusOfMe(sibling)]).toEqual([200, 200]);
  });

  it('of nobody ends nothing', async () => {
    expect((await problemIn(await local.fetch('/.auth/sessions', { method: 'DELETE' }))).code).toBe('not_signed_in');
  });
});

it('a user id is no session id', async () => {
  const mine = await cookieOf();
  const user: UserId = (await storedSession(local.app, sessionIdIn(mine))).user;
  expect((await problemIn(await send('DELETE', `sessions/${user}`, mine))).code).toBe('session_unknown');
});
