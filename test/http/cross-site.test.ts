import { describe, expect, it } from 'vitest';
import { crossSiteRefusal, type Guard } from '../../shared/http/cross-site.ts';

const own = 'https://app.example';
const allowed = 'https://spa.example';
const evil = 'https://evil.example';
const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

type Headers = Readonly<Record<string, string>>;

function refused(method: string, guard: Guard, headers: Headers): boolean {
  const request = new Request(`${own}/.auth/refresh`, { method, headers });
  return crossSiteRefusal(request, guard, (origin) => [own, allowed].includes(origin)) !== undefined;
}

const fetched = (site: string, more: Headers = {}): Headers => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  ...more,
});
const visited = (site: string, more: Headers = {}): Headers => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  ...more,
});
const embedded = (site: string, destination: string): Headers => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': destination === 'iframe' ? 'navigate' : 'no-cors',
  'sec-fetch-dest': destination,
});

describe('a POST', () => {
  const cases: [what: string, headers: Headers, refused: boolean][] = [
    ['by the app’s own page', fetched('same-origin', { origin: own }), false],
    ['by a form of the app’s own page', visited('same-origin', { origin: own }), false],
    ['by an allowed origin', fetched('cross-site', { origin: allowed }), false],
    ['by an allowed origin of the same site', fetched('same-site', { origin: allowed }), false],
    ['by an allowed origin that says it in Referer only', fetched('cross-site', { referer: `${allowed}/page` }), false],
    ['by another origin', fetched('cross-site', { origin: evil }), true],
    ['by a form of another origin', visited('cross-site', { origin: evil }), true],
    ['by a neighbour on the same site', fetched('same-site', { origin: 'https://other.app.example' }), true],
    ['by another origin whose Referer is allowed', fetched('cross-site', { origin: evil, referer: own }), true],
    [
      'by another origin that calls itself no browser',
      fetched('cross-site', { origin: evil, 'user-agent': 'x' }),
      true,
    ],
    ['by a page without an origin', fetched('cross-site', { origin: 'null' }), true],
    ['by another site that says nothing more', fetched('cross-site'), true],
    ['by an old browser, from the app', { 'user-agent': chrome, origin: own }, false],
    ['by an old browser, from the app, by Referer', { 'user-agent': chrome, referer: `${own}/page` }, false],
    ['by an old browser, from an allowed origin', { 'user-agent': chrome, origin: allowed }, false],
    ['by an old browser, from another origin', { 'user-agent': chrome, origin: evil }, true],
    ['by an old browser, by a Referer that is no URL', { 'user-agent': chrome, referer: 'nothing' }, true],
    ['by an old browser that says nothing', { 'user-agent': chrome }, true],
    ['by what is no browser, from another origin', { 'user-agent': 'curl/8', origin: evil }, true],
    ['by what is no browser', { 'user-agent': 'okhttp/4.12' }, false],
    ['without any of these headers', {}, false],
  ];

  it.each(cases)('%s', (_what, headers, expected) => {
    expect(refused('POST', 'writes', headers)).toBe(expected);
    expect(refused('POST', 'all', headers)).toBe(expected);
    expect(refused('POST', 'all-but-visits', headers)).toBe(expected);
    expect(refused('DELETE', 'writes', headers)).toBe(expected);
    expect(refused('POST', 'none', headers)).toBe(false);
  });
});

describe('a GET', () => {
  const cases: [what: string, headers: Headers, ofAll: boolean, ofAllButVisits: boolean][] = [
    ['fetched by the app’s own page', fetched('same-origin'), false, false],
    ['fetched by an allowed origin', fetched('cross-site', { origin: allowed }), false, false],
    ['fetched by another origin', fetched('cross-site', { origin: evil }), true, true],
    ['fetched by another origin without CORS', fetched('cross-site', { 'sec-fetch-mode': 'no-cors' }), true, true],
    ['fetched by a neighbour on the same site', fetched('same-site', { origin: evil }), true, true],
    ['typed into the address bar', visited('none'), false, false],
    ['followed from a page of the app', visited('same-origin'), false, false],
    ['followed from another site', visited('cross-site'), true, false],
    ['followed from another site that says so', visited('cross-site', { referer: `${evil}/` }), true, false],
    ['loaded ahead of a click', visited('same-origin', { 'sec-purpose': 'prefetch' }), true, true],
    ['rendered ahead of a click', visited('same-origin', { 'sec-purpose': 'prefetch;prerender' }), true, true],
    ['of an image on another site', embedded('cross-site', 'image'), true, true],
    ['of an image on a page of the app', embedded('same-origin', 'image'), true, true],
    ['of a script on another site', embedded('cross-site', 'script'), true, true],
    ['of a style on a page of the app', embedded('same-origin', 'style'), true, true],
    ['of a frame on another site', embedded('cross-site', 'iframe'), true, true],
    ['of a frame on a page of the app', embedded('same-origin', 'iframe'), true, true],
    ['of an object on another site', embedded('cross-site', 'object'), true, true],
    ['by an old browser, from another origin', { 'user-agent': chrome, referer: evil }, false, false],
    ['by an SDK', { 'user-agent': 'ZUMO/4.2' }, false, false],
    ['without any of these headers', {}, false, false],
  ];

  it.each(cases)('%s', (_what, headers, ofAll, ofAllButVisits) => {
    expect([refused('GET', 'all', headers), refused('GET', 'all-but-visits', headers)]).toEqual([
      ofAll,
      ofAllButVisits,
    ]);
    expect(refused('GET', 'writes', headers)).toBe(false);
    expect(refused('GET', 'none', headers)).toBe(false);
  });
});

describe('the reason', () => {
  const reason = (headers: Headers) =>
    crossSiteRefusal(new Request(`${own}/`, { method: 'POST', headers }), 'writes', () => false);

  it.each([
    [{ origin: evil }, 'it comes from a page of https://evil.example'],
    [{ origin: 'capacitor://localhost' }, 'it comes from a page of capacitor://localhost'],
    [{ origin: 'null' }, 'it comes from a page without an origin'],
    [{ referer: `${evil}/secret?token=1` }, 'it comes from a page of https://evil.example'],
    [{ origin: 'https://evil.example/?<script>' }, 'it comes from a page of https://evil.example'],
    [{ 'sec-fetch-site': 'cross-site' }, 'it does not say which page it comes from'],
  ])('for %j: %s', (headers, expected) => {
    expect(reason({ ...headers })).toBe(expected);
  });
});
