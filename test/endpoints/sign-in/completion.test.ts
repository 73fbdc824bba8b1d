import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { completionPage } from '../../../shared/endpoints/sign-in/completion.ts';
import { type ChangedApp, changedApp } from '../../fixtures/changed-app.ts';
import { holdingBrowser } from '../../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';
import { userData } from '../../fixtures/user-data.ts';

let local: LocalApp;
let app: ChangedApp;
beforeAll(async () => {
  local = await localApp();
  app = changedApp(local, ({ login }) => {
    login.allowedExternalRedirectUrls = ['https://spa.example/app/*', 'myapp://easyauth.callback'];
  });
});
afterEach(() => local.services.provider.control.clear());
afterAll(() => local.close());

interface Data {
  readonly origin: string;
  readonly receiver?: string;
  readonly envelope: {
    readonly type: string;
    readonly oauth?: { readonly authenticationToken: string; readonly user: object };
    readonly error?: string;
  };
}

/** The data and the script of a page, as a browser takes them out of it. */
function partsOf(body: string) {
  const [, data = ''] = /<script type="application\/json" id="completion">([^<]*)<\/script>/.exec(body) ?? [];
  const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(body) ?? [];
  expect(body.match(/<script/g)).toHaveLength(2);
  return { data: JSON.parse(data) as Data, text: data, script };
}

const path = (parameters: Record<string, string> = {}) =>
  `/.auth/login/demo?${new URLSearchParams({
    session_mode: 'token',
    completion_type: 'postMessage',
    completion_origin: 'https://spa.example',
    ...parameters,
  })}`;

/** Signs in up to the callback, spoils its answer where `change` does, and gives the page that it ends with. */
async function complete(parameters: Record<string, string> = {}, change: (url: URL) => void = () => {}) {
  const { authorize, open, browser, attempts } = holdingBrowser(app);
  const url = await authorize(path(parameters));
  change(url);
  const response = await open(url);
  expect(attempts()).toEqual({});
  return { response, body: await response.text(), cookies: browser.cookies(origin) };
}

describe('a sign-in in a window of its own', () => {
  it('ends with a page that holds the message for its opener, and with no cookie', async () => {
    const { response, body, cookies } = await complete();
    expect(response.status).toBe(200);
    const { data } = partsOf(body);
    const token = data.envelope.oauth?.authenticationToken ?? '';
    const userId = decodeJwt(token).sub;
    expect(data).toEqual({
      origin: 'https://spa.example',
      envelope: { type: 'LoginCompleted', oauth: { authenticationToken: token, user: { userId } } },
    });
    expect((await local.fetch('/.auth/me', { headers: { 'x-zumo-auth': token } })).status).toBe(200);
    expect(cookies).not.toHaveProperty('AppServiceAuthSession');
    expect(JSON.stringify([...response.headers])).not.toContain(token.split('.')[2]);
  });

  it('allows its own script by hash, is stored nowhere, and keeps its opener', async () => {
    const { response, body } = await complete();
    const { script } = partsOf(body);
    const hash = createHash('sha256').update(script).digest('base64');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain(`script-src 'sha256-${hash}';`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cross-origin-opener-policy') ?? 'unsafe-none').toBe('unsafe-none');
  });

  it('may be told to a page of the app itself, and by a frame of it', async () => {
    const { body } = await complete({ completion_type: 'iframe', completion_origin: origin });
    expect(partsOf(body).data).toMatchObject({ origin, receiver: 'zumo-login-receiver' });
  });

  it('tells the opener too that nobody was signed in', async () => {
    const { response, body } = await complete({}, (url) => url.searchParams.set('error', 'access_denied'));
    expect(response.status).toBe(401);
    const { data } = partsOf(body);
    expect(data.envelope).toEqual({ type: 'LoginCompleted', error: expect.stringMatching(/access_denied$/) });
    expect(body).toContain('<h1>The sign-in did not succeed</h1>');
  });

  it.each(['https://evil.example', 'http://spa.example', 'myapp://easyauth.callback', 'null', '*'])(
    'is not begun for an opener of the origin %s',
    async (completion_origin) => {
      const before = await userData(local.app);
      const response = await app.fetch(path({ completion_origin }));
      expect(await problemIn(response)).toMatchObject({ code: 'redirect_not_allowed', detail: 'completion_origin' });
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await userData(local.app)).toEqual(before);
    },
  );

  it('does not tell the provider how it is to end', async () => {
    const { searchParams } = new URL((await app.fetch(path())).headers.get('location') ?? '');
    for (const name of ['session_mode', 'completion_type', 'completion_origin'])
      expect(searchParams.has(name)).toBe(false);
  });
});

describe('the data of the page', () => {
  it('cannot end the element that it stands in, and comes back as it was', () => {
    const error = '</script><script>alert(1)</script><!-- \u2028 "\'&';
    const { body } = completionPage({ kind: 'message', origin: 'https://spa.example' }, { error });
    expect(partsOf(body).data.envelope.error).toBe(error);
  });
});

describe('the script of the page', () => {
  const oauth = { authenticationToken: 'x.y.z', user: { userId: 'sid:1' } };

  /** What happens when a browser runs the page with this opener. */
  function run(kind: 'message' | 'frame', opener: unknown) {
    const { script, text } = partsOf(completionPage({ kind, origin: 'https://spa.example' }, { oauth }).body);
    const elements: Record<string, { textContent: string }> = {
      '#completion': { textContent: text },
      p: { textContent: 'unchanged' },
    };
    const later: { run: unknown; after: number }[] = [];
    const close = () => {};
    runInNewContext(script, {
      document: { querySelector: (selector: string) => elements[selector] },
      opener,
      close,
      setTimeout: (callback: unknown, after: number) => later.push({ run: callback, after }),
    });
    return {
      said: elements['p']?.textContent,
      closesAfter: later.filter((one) => one.run === close).map((one) => one.after),
    };
  }

  it('posts the message to the one origin, and leaves the opener time to close the window', () => {
    const posted: unknown[] = [];
    const opener = { postMessage: (...parameters: unknown[]) => posted.push(JSON.parse(JSON.stringify(parameters))) };
    expect(run('message', opener)).toEqual({ said: 'unchanged', closesAfter: [2000] });
    expect(posted).toEqual([[{ type: 'LoginCompleted', oauth }, 'https://spa.example']]);
  });

  it('hands the message to the frame of ours, and posts nothing itself', () => {
    const handed: unknown[] = [];
    const transferLoginResult = (envelope: unknown) => handed.push(JSON.parse(JSON.stringify(envelope)));
    const opener = {
      frames: { 'zumo-login-receiver': { transferLoginResult } },
      postMessage: () => {
        throw new Error('not by message');
      },
    };
    expect(run('frame', opener)).toEqual({ said: 'unchanged', closesAfter: [2000] });
    expect(handed).toEqual([{ type: 'LoginCompleted', oauth }]);
  });

  it.each([
    ['message', null],
    ['frame', null],
    ['frame', { frames: {} }],
  ] as const)('says so where nobody can be told: %s to %j', (kind, opener) => {
    const { said, closesAfter } = run(kind, opener);
    expect(said).toContain('Close this window');
    expect(closesAfter).toEqual([]);
  });
});
