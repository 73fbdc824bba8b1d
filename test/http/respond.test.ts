import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorTable } from '../../shared/errors/table.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { html, isNavigation, json, problem, redirect, statusOf } from '../../shared/http/respond.ts';

const requestWith = (headers: Record<string, string>) => new Request('https://app.example/.auth/me', { headers });
const navigation = requestWith({ 'sec-fetch-mode': 'navigate' });
const script = requestWith({ 'sec-fetch-mode': 'cors' });
const cookie = { name: 'n', value: 'v', path: '/', secure: true, sameSite: 'Lax' } as const;

describe('a request is a navigation', () => {
  it.each([
    [{ 'sec-fetch-mode': 'navigate' }, true],
    [{ 'sec-fetch-mode': 'navigate', 'x-requested-with': 'XMLHttpRequest' }, true],
    [{ 'sec-fetch-mode': 'cors', accept: 'text/html' }, false],
    [{ 'sec-fetch-mode': 'no-cors', accept: 'text/html' }, false],
    [{ accept: 'text/html,application/xhtml+xml;q=0.9' }, true],
    [{ accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }, false],
    [{ accept: 'application/json' }, false],
    [{ accept: '*/*' }, false],
    [{}, false],
  ])('with %j: %s', (headers, expected) => {
    expect(isNavigation(requestWith({ ...headers }))).toBe(expected);
  });
});

describe('every answer', () => {
  const error = new TokenkeepError('not_signed_in');
  it.each([
    ['JSON', () => json({})],
    ['a redirect', () => redirect('/')],
    ['a page', () => html({ body: '', policy: "default-src 'none'" })],
    ['an error page', () => problem(error, navigation)],
    ['a problem document', () => problem(error, script)],
  ])('is stored nowhere, framed nowhere and not guessed at: %s', (_case, answer) => {
    const { headers } = answer();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
  });

  it('sets each cookie in a header of its own', () => {
    const cookies = [cookie, { ...cookie, name: 'm' }];
    for (const answer of [json({}, { cookies }), redirect('/', cookies), problem(error, script, undefined, cookies)]) {
      expect(answer.headers.getSetCookie().map((one) => one.slice(0, 3))).toEqual(['n=v', 'm=v']);
    }
  });
});

describe('an error', () => {
  const codes = Object.keys(errorTable) as ErrorCode[];

  it.each(codes)('%s is a page to a person and a problem document to a script', async (code) => {
    const error = new TokenkeepError(code, { detail: 'this time' });
    const { status, title, remedy } = errorTable[code];
    const [page, document] = [problem(error, navigation, '/login'), problem(error, script, '/login')];
    expect([page.status, document.status]).toEqual([status, status]);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain(`<code>${code}</code>`);
    expect(document.headers.get('content-type')).toBe('application/problem+json');
    const members = { type: 'about:blank', title, status, code, detail: 'this time', remedy, login: '/login' };
    expect(await document.json()).toEqual(members);
  });

  it('says nothing of a detail or a login there is not', async () => {
    const document = await problem(new TokenkeepError('internal', { cause: new Error('secret') }), script).json();
    expect(Object.keys(document)).toEqual(['type', 'title', 'status', 'code', 'remedy']);
  });

  it('says when to try again, if that is known', () => {
    const later = new TokenkeepError('provider_unavailable', { retryAfterSeconds: 0 });
    expect(problem(later, script).headers.get('retry-after')).toBe('0');
    expect(problem(later, navigation).headers.get('retry-after')).toBe('0');
    expect(problem(new TokenkeepError('provider_unavailable'), script).headers.has('retry-after')).toBe(false);
  });

  it('a 401 has a challenge, and no other answer', () => {
    for (const code of codes) {
      const challenge = problem(new TokenkeepError(code), script).headers.get('www-authenticate');
      expect([code, challenge]).toEqual([code, errorTable[code].status === 401 ? 'Bearer' : null]);
    }
  });

  it('of another kind counts as internal', () => {
    expect(statusOf(new TypeError('x'))).toBe(500);
    expect(statusOf(new TokenkeepError('provider_unknown'))).toBe(404);
  });
});
