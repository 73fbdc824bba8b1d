import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handle } from '../../../shared/endpoints/handle.ts';
import { iframeReceiver } from '../../../shared/endpoints/sign-in/iframe-receiver.ts';
import { type ChangedApp, changedApp } from '../../fixtures/changed-app.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { problemIn } from '../../fixtures/problem.ts';

let local: LocalApp;
let app: ChangedApp;
beforeAll(async () => {
  local = await localApp();
  app = changedApp(local, ({ login }) => {
    login.allowedExternalRedirectUrls = ['https://spa.example'];
  });
});
afterAll(() => local.close());

const receiver = (query: string) =>
  handle(iframeReceiver, new Request(`${origin}/.auth/login/iframereceiver${query}`), app.app);
const of = (completionOrigin: string) => `?completion_origin=${encodeURIComponent(completionOrigin)}`;

describe('the page that passes the outcome of a sign-in on', () => {
  it('may be framed by pages of that origin and by no others, and runs its own script alone', async () => {
    const response = await receiver(of('https://spa.example'));
    expect(response.status).toBe(200);
    const body = await response.text();
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(body) ?? [];
    const policy = (response.headers.get('content-security-policy') ?? '').split('; ');
    expect(policy).toContain('frame-ancestors https://spa.example');
    expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect(response.headers.has('x-frame-options')).toBe(false);
  });

  it('hands what it is given to the page around it, as JSON text, if that has the right origin', async () => {
    const body = await (await receiver(of('https://spa.example'))).text();
    const [, data = ''] = /<script type="application\/json" id="receiver">([^<]*)<\/script>/.exec(body) ?? [];
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(body) ?? [];
    const posted: unknown[] = [];
    const window: { transferLoginResult?: (envelope: unknown) => void } = {};
    runInNewContext(script, {
      window,
      document: { querySelector: (selector: string) => (selector === '#receiver' ? { textContent: data } : null) },
      parent: { postMessage: (...parameters: unknown[]) => posted.push(parameters) },
    });
    window.transferLoginResult?.({ type: 'LoginCompleted', error: 'x' });
    expect(posted).toEqual([['{"type":"LoginCompleted","error":"x"}', 'https://spa.example']]);
  });

  it('is there for pages of the app itself', async () => {
    const response = await local.fetch(`/.auth/login/iframereceiver${of(origin)}`);
    expect(response.headers.get('content-security-policy')).toContain(`frame-ancestors ${origin};`);
  });

  it.each([
    of('https://evil.example'),
    of('*'),
    of("https://spa.example 'self'"),
    of('https://spa.example;'),
    '',
    '?completion_origin=',
  ])('is refused for %j', async (query) => {
    const response = await receiver(query);
    expect((await problemIn(response)).code).toBe('redirect_not_allowed');
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('is refused where the origin is named twice', async () => {
    const response = await receiver(`${of('https://spa.example')}&completion_origin=x`);
    expect((await problemIn(response)).code).toBe('request_malformed');
  });
});
