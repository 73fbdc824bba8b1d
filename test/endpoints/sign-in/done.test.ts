import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApp, localApp } from '../../fixtures/local-app.ts';

let local: LocalApp;
let response: Response;
let body: string;
beforeAll(async () => {
  local = await localApp();
  response = await local.fetch('/.auth/login/done');
  body = await response.text();
});
afterAll(() => local.close());

function only(pattern: RegExp): string {
  const found = [...body.matchAll(pattern)].map(([, text = '']) => text);
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

const script = () => only(/<script>([\s\S]*?)<\/script>/g);
const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What a person sees at this address once the page's script has run. */
function shownAt(fragment: string) {
  const elements: Record<string, { textContent: string }> = {
    h1: { textContent: only(/<h1>(.*?)<\/h1>/g) },
    p: { textContent: only(/<p>(.*?)<\/p>/g) },
  };
  const address = new URL(`https://app.example/.auth/login/done${fragment}`);
  const location = { hash: address.hash, pathname: address.pathname };
  let bar = address.href;
  const history = {
    replaceState: (_state: unknown, _title: string, url: string) => {
      bar = new URL(url, bar).href;
    },
  };
  const document = { querySelector: (selector: string) => elements[selector] };
  runInNewContext(script(), { document, location, history, URLSearchParams });
  return { heading: elements['h1']?.textContent, text: elements['p']?.textContent, bar };
}

describe('the completion page', () => {
  it('allows its own script and style by hash, and nothing else', () => {
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const style = only(/<style>([\s\S]*?)<\/style>/g);
    const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script())}; img-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
    expect(response.headers.get('content-security-policy')).toBe(policy);
    expect(body).not.toMatch(/\s(on\w+|style|src)=/);
  });

  it('is stored nowhere and tells no other site where it was', () => {
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('says that the sign-in succeeded, and takes the token out of the address bar', () => {
    const shown = shownAt(`#token=${encodeURIComponent('{"authenticationToken":"x.y.z"}')}`);
    expect(shown.heading).toBe('You are signed in');
    expect(shown.bar).toBe('https://app.example/.auth/login/done');
  });

  it('says what went wrong, as text', () => {
    const message = 'The ID token failed a check: 100% wrong + <b>bold</b>';
    const shown = shownAt(`#error=${encodeURIComponent(message)}`);
    expect(shown.heading).toBe('The sign-in did not succeed');
    expect(shown.text).toBe(message);
    expect(shown.bar).toBe('https://app.example/.auth/login/done');
  });

  it('is complete without a fragment', () => {
    expect(shownAt('').heading).toBe('You are signed in');
  });
});
