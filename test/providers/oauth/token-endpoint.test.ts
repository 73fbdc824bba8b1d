import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../../dev/provider/faults.ts';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import type { TokenkeepError } from '../../../shared/errors/tokenkeep-error.ts';
import { outboundLimit, outboundTimeout } from '../../../shared/http/outbound.ts';
import { type DemoClientSetup, demoClient } from '../../fixtures/demo-client.ts';
import { heldTimeLimits } from '../../fixtures/time-limits.ts';

let setup: DemoClientSetup;
beforeAll(async () => {
  setup = await demoClient();
});
afterEach(() => setup.demo.control.clear());
afterAll(() => setup.close());

/** What comes back from the provider's page with a code that it never gave. */
const response = () => ({
  parameters: { code: 'c', iss: setup.demo.issuer },
  redirectUri: 'http://localhost:9/',
  nonce: 'n',
  codeVerifier: 'v'.repeat(43),
});

/** The error of a sign-in whose token endpoint answers so. */
async function errorOf(fault: Fault): Promise<TokenkeepError> {
  setup.demo.control.fail('token', fault);
  const redeeming = setup.client().redeem(response());
  return redeeming.then(
    () => expect.fail('the code was redeemed'),
    (error: TokenkeepError) => error,
  );
}

describe('what the token endpoint refuses', () => {
  it.each<[string, number, ErrorCode]>([
    ['invalid_grant', 400, 'sign_in_code_refused'],
    ['invalid_client', 401, 'provider_misconfigured'],
    ['invalid_client', 400, 'provider_misconfigured'],
    ['unauthorized_client', 400, 'provider_misconfigured'],
    ['invalid_request', 400, 'provider_misconfigured'],
    ['temporarily_unavailable', 503, 'provider_unavailable'],
    ['server_error', 500, 'provider_unavailable'],
    ['slow_down', 429, 'provider_unavailable'],
  ])('%s (%i) is %s', async (error, status, code) => {
    const refusal = await errorOf({ status, body: { error, error_description: 'secret words' } });
    expect(refusal).toMatchObject({ code, detail: `token endpoint: ${error}` });
  });

  it('is told in plain characters', async () => {
    const refusal = await errorOf({ status: 400, body: { error: '<b>\n"x"'.padEnd(200, 'y') } });
    expect(refusal.detail).toMatch(/^token endpoint: [\w.-]{60}$/);
  });

  it.each([
    ['with a page', { status: 400, body: '<html>' }, 'provider_misconfigured', 'http_400'],
    ['with another shape', { status: 401, body: { error: { code: 5 } } }, 'provider_misconfigured', 'http_401'],
    ['with an error page', { status: 502, body: '<html>' }, 'provider_unavailable', 'http_502'],
  ] as const)('may be told %s', async (_case, fault, code, reason) => {
    expect(await errorOf(fault)).toMatchObject({ code, detail: `token endpoint: ${reason}` });
  });
});

describe('when to come back', () => {
  const soon = 'Thu, 01 Jan 2026 00:00:30 GMT';
  it.each([
    ['in seconds', '120', 120],
    ['at once', '0', 0],
    ['on a date, by the clock of the provider', soon, 30],
    ['in a year, which is cut to a day', '31536000', 86_400],
    ['in words', 'later', undefined],
    ['before now', 'Thu, 01 Jan 2025 00:00:00 GMT', 0],
    ['a negative time', '-5', undefined],
    ['a fraction', '1.5', undefined],
  ])('may be said %s', async (_case, after, expected) => {
    const headers = { 'retry-after': after, date: 'Thu, 01 Jan 2026 00:00:00 GMT' };
    for (const status of [429, 503]) {
      const error = await errorOf({ status, headers, times: 1 });
      expect(error).toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: expected });
    }
  });
});

describe('an answer that holds no tokens', () => {
  const json = { 'content-type': 'application/json' };
  it.each<[string, Fault, string]>([
    ['is a page', { status: 200, body: '<html>' }, 'answer_is_not_json'],
    ['is JSON by its looks alone', { status: 200, body: '{"access_token":"x"}' }, 'answer_is_not_json'],
    ['is cut short', { status: 200, body: '{"access_token":', headers: json }, 'answer_is_not_json'],
    ['is empty', { status: 200, body: '', headers: json }, 'answer_is_not_json'],
    ['is null', { status: 200, body: 'null', headers: json }, 'answer_is_no_object'],
    ['is a text', { status: 200, body: '"token"', headers: json }, 'answer_is_no_object'],
    ['is a list', { status: 200, body: '[]', headers: json }, 'no_access_token'],
    ['lacks the access token', { status: 200, body: { id_token: 'x' } }, 'no_access_token'],
    ['has an empty one', { status: 200, body: { access_token: '' } }, 'no_access_token'],
    ['has a number for one', { status: 200, body: { access_token: 5 } }, 'no_access_token'],
    ['has null for one', { status: 200, body: { access_token: null } }, 'no_access_token'],
    [
      'has nested prototypes',
      { status: 200, body: '{"__proto__":{"access_token":"x"}}', headers: json },
      'no_access_token',
    ],
  ])('cannot be used when it %s', async (_case, fault, reason) => {
    const error = await errorOf(fault);
    expect(error).toMatchObject({ code: 'provider_response_invalid', detail: `token endpoint: ${reason}` });
  });

  it('is read no further than the size limit', async () => {
    const error = await errorOf({ status: 200, body: { access_token: 'x'.repeat(outboundLimit) } });
    expect(error).toMatchObject({
      code: 'provider_response_invalid',
      detail: expect.stringContaining('sent more than'),
    });
  });

  it.each([301, 302, 307, 308])('is not looked for elsewhere: %i', async (status) => {
    const { jwks } = setup.demo.counters.requests;
    const error = await errorOf({ status, headers: { location: `${setup.demo.issuer}/jwks` } });
    expect(error).toMatchObject({ code: 'provider_response_invalid', detail: expect.stringMatching(/redirect$/) });
    expect(setup.demo.counters.requests.jwks).toBe(jwks);
  });

  it('cannot be used when no ID token comes with the access token', async () => {
    expect(await errorOf({ status: 200, body: { access_token: 'x' } })).toMatchObject({
      code: 'provider_response_invalid',
      detail: 'no ID token came with the code',
    });
  });
});

describe('no answer', () => {
  it('is told when the connection is cut', async () => {
    expect(await errorOf({})).toMatchObject({
      code: 'provider_unavailable',
      detail: expect.stringMatching(/did not answer$/),
    });
  });

  it('is waited for no longer than the time limit', async () => {
    const client = setup.client();
    await setup.authorize(client);
    const { token } = setup.demo.counters.requests;
    setup.demo.control.fail('token', { delayMs: Number.POSITIVE_INFINITY });
    const limits = heldTimeLimits();
    const failing = expect(client.redeem(response())).rejects.toMatchObject({
      code: 'provider_unavailable',
      detail: expect.stringMatching(/did not answer$/),
    });
    while (setup.demo.counters.requests.token === token) await new Promise(setImmediate);
    expect(limits.set).toEqual([outboundTimeout]);
    limits.pass();
    await failing;
  });
});
