import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type App, createApp } from '../../../shared/app.ts';
import { handle } from '../../../shared/endpoints/handle.ts';
import type { ProviderSettings } from '../../../shared/providers/registry.ts';
import { type HoldingBrowser, holdingBrowser } from '../../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../../fixtures/local-app.ts';
import { type Problem, problemIn } from '../../fixtures/problem.ts';
import { handlerOf } from '../../fixtures/registered-routes.ts';
import type { Fault } from '../impersonators/impersonator.ts';
import type { Body, Refusal, Subject, Vendor } from './subject.ts';
import { newWire } from './wire.ts';

/** How a vendor's endpoint can fail, beside not answering, and what a sign-in says of it. */
export const faults: readonly (readonly [what: string, Fault, ...Refusal])[] = [
  ['answers 503', { status: 503, headers: { 'retry-after': '40' } }, 503, 'provider_unavailable'],
  ['limits the rate', { status: 429, headers: { 'retry-after': '40' } }, 503, 'provider_unavailable'],
  ['hangs up', 'cut', 503, 'provider_unavailable'],
  ['redirects', { status: 302, headers: { location: 'https://elsewhere.example/' } }, 502, 'provider_response_invalid'],
];

/** The app with one provider, and the vendor in reach. */
export interface TestBed {
  readonly vendor: Vendor;
  /** Moves the app's time on, in seconds. */
  advance(seconds: number): void;
  /** The app with a provider of which nothing is known yet, as after a start. */
  fresh(settings?: ProviderSettings): Reachable;
  /** A browser that goes to whichever app it is `at`. */
  browser(): HoldingBrowser & { at: Reachable };
  post(body: Body, at?: Reachable): Promise<Response>;
  /** Asserts that `call` is answered so, opens no session, stores nothing and shows no secret. */
  refused(call: () => Promise<Response | Error>, ...refusal: Refusal): Promise<Refused>;
}

interface Reachable {
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** A problem, and its `Retry-After` in seconds: NaN without one. */
type Refused = Problem & { readonly retryAfter: number };

const wire = newWire();
let local: LocalApp;
// One for all of a file: the library for managed identities keeps the tokens of the first for the whole process.
beforeAll(async () => {
  local = await localApp({ fetch: wire.fetch });
});
afterAll(() => local.close());

/** The test bed for the tests of one `describe`. */
export function testBedOf(subject: Subject): () => TestBed {
  let vendor: Vendor;
  let bed: TestBed;
  beforeAll(async () => {
    vendor = await subject.start();
    bed = newTestBed(subject, vendor);
  });
  afterEach(() => {
    vendor.clear();
    wire.forget();
    local.logged.length = 0;
    local.clock.reset();
  });
  afterAll(() => vendor.close());
  return () => bed;
}

function newTestBed(subject: Subject, vendor: Vendor): TestBed {
  const fresh = (settings = subject.settings()) => {
    const { settings: own, platform, log } = local.app;
    return reachable(createApp({ ...own, providers: [settings] }, platform, log));
  };
  const app = fresh();
  return {
    vendor,
    fresh,
    advance: local.clock.advance,
    browser() {
      const place = { at: app };
      return Object.assign(place, holdingBrowser({ fetch: (...request) => place.at.fetch(...request) }));
    },
    post(body, at = app) {
      wire.note(Object.entries(body));
      const headers = { 'content-type': 'application/json' };
      return at.fetch(`/.auth/login/${subject.name}`, { method: 'POST', headers, body: JSON.stringify(body) });
    },
    async refused(call, status, code) {
      const before = await sessions();
      const response = await call();
      if (response instanceof Error) throw response;
      const headers = JSON.stringify([...response.headers]);
      const problem = await problemIn(response);
      expect(problem).toMatchObject({ status, code, remedy: expect.stringMatching(/\w/) });
      expect(headers).not.toContain('AppServiceAuthSession');
      expect(await sessions()).toEqual(before);
      expect(wire.secretsIn(headers + JSON.stringify([problem, local.logged]))).toEqual([]);
      return { ...problem, retryAfter: Number(response.headers.get('retry-after') ?? Number.NaN) };
    },
  };
}

function reachable(app: App): Reachable {
  return {
    fetch(path, init) {
      const request = new Request(`${origin}${path}`, init);
      return handle(handlerOf(request), request, app);
    },
  };
}

/** The names of all sessions that are stored. */
async function sessions(): Promise<string[]> {
  const names: string[] = [];
  for await (const name of local.app.container.list('sessions/')) names.push(name);
  return names;
}
