import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TamperKind, tamperKinds } from '../../dev/provider/tamper.ts';
import type { ErrorCode } from '../../shared/errors/table.ts';
import { holdingBrowser } from '../fixtures/holding-browser.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';
import { problemIn } from '../fixtures/problem.ts';
import { userData } from '../fixtures/user-data.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(() => local.services.provider.control.clear());
afterAll(() => local.close());

/** What is refused as something else than `id_token_invalid`. */
const otherwise: Partial<Record<TamperKind, ErrorCode>> = {
  expired: 'id_token_out_of_time',
  'issued-in-future': 'id_token_out_of_time',
  // Signed properly, for somebody whom the userinfo endpoint does not know by this access token.
  'wrong-sub': 'userinfo_subject_mismatch',
  absent: 'provider_response_invalid',
};

/** Signs in where that must fail: what is answered, and that nothing of it stays. */
async function refusal(): Promise<ErrorCode> {
  const { authorize, open, browser, attempts } = holdingBrowser(local);
  const response = await open(await authorize());
  const { code } = await problemIn(response);
  expect(await userData(local.app)).toEqual([]);
  expect(browser.cookies(origin)).not.toHaveProperty('AppServiceAuthSession');
  expect(attempts()).toEqual({});
  expect(local.logged.at(-1)).toMatchObject({ event: 'sign_in_failed', provider: 'demo', error: code });
  return code;
}

describe('an ID token is refused, and nothing is stored', () => {
  it.each(tamperKinds)('%s', async (kind) => {
    local.services.provider.control.tamper(kind);
    expect(await refusal()).toBe(otherwise[kind] ?? 'id_token_invalid');
  });
});

describe('userinfo ends the sign-in, and nothing is stored', () => {
  it.each([
    ['for another user', { status: 200, body: { sub: 'someone-else' } }, 'userinfo_subject_mismatch'],
    ['without a subject', { status: 200, body: { name: 'Ada' } }, 'userinfo_subject_mismatch'],
    ['with a server error', { status: 500 }, 'provider_unavailable'],
    ['with a redirect', { status: 302, headers: { location: '/elsewhere' } }, 'provider_response_invalid'],
    ['by hanging up', {}, 'provider_unavailable'],
  ] as const)('%s', async (_case, fault, code) => {
    local.services.provider.control.fail('userinfo', fault);
    expect(await refusal()).toBe(code);
  });
});

describe('the token endpoint ends the sign-in, and nothing is stored', () => {
  it.each([
    ['refuses the client', { status: 401, body: { error: 'invalid_client' } }, 'provider_misconfigured', null],
    ['is down for a minute', { status: 503, headers: { 'retry-after': '60' } }, 'provider_unavailable', '60'],
    ['limits the rate', { status: 429, headers: { 'retry-after': '7' } }, 'provider_unavailable', '7'],
    ['hangs up', {}, 'provider_unavailable', null],
  ] as const)('it %s', async (_case, fault, code, retryAfter) => {
    local.services.provider.control.fail('token', fault);
    const { authorize, open } = holdingBrowser(local);
    const response = await open(await authorize());
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect((await problemIn(response)).code).toBe(code);
    expect(await userData(local.app)).toEqual([]);
  });
});
