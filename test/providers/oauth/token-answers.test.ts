import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DemoClientSetup, demoClient } from '../../fixtures/demo-client.ts';

let setup: DemoClientSetup;
beforeAll(async () => {
  setup = await demoClient();
});
afterEach(() => setup.demo.control.clear());
afterAll(() => setup.close());

/** Signs in where the true answer of the token endpoint has these members changed; undefined drops one. */
async function tokensWith(changes: Record<string, unknown>) {
  const client = setup.client();
  const response = await setup.authorize(client);
  const body = (genuine: unknown) => ({ ...(genuine as object), ...changes });
  setup.demo.control.fail('token', { status: 200, when: 'after', times: 1, body });
  return (await client.redeem(response)).tokens;
}

const longest = 400 * 24 * 3600;

describe('the lifetime of the access token', () => {
  it.each([
    ['a number', 3600, 3600],
    ['a number in words', '3600', 3600],
    ['a fraction', 3599.9, 3599],
    ['a second', 1, 1],
    ['longer than a year and a month', longest + 1, longest],
    ['longer than numbers go', 1e300, longest],
    ['a large number in words', '9'.repeat(20), longest],
  ])('is understood when it is %s', async (_case, value, expected) => {
    expect((await tokensWith({ expires_in: value })).expiresIn).toBe(expected);
  });

  it.each([
    ['absent', undefined],
    ['null', null],
    ['zero', 0],
    ['zero in words', '0'],
    ['negative', -3600],
    ['negative in words', '-1'],
    ['not a number', 'NaN'],
    ['endless', 'Infinity'],
    ['beyond all numbers', '9'.repeat(400)],
    ['empty', ''],
    ['hexadecimal', '0x10'],
    ['exponential', '1e3'],
    ['with a unit', '3600s'],
    ['a blank', ' '],
    ['true', true],
    ['a list', [3600]],
    ['an object', { seconds: 3600 }],
  ])('counts as not said when it is %s', async (_case, value) => {
    expect(await tokensWith({ expires_in: value })).not.toHaveProperty('expiresIn');
  });
});

describe('the tokens', () => {
  it('are those of the answer, and cannot be printed', async () => {
    const tokens = await tokensWith({ access_token: 'the access token', refresh_token: 'the refresh token' });
    expect(tokens.accessToken?.reveal()).toBe('the access token');
    expect(tokens.refreshToken?.reveal()).toBe('the refresh token');
    expect(JSON.stringify(tokens)).not.toContain('the ');
    expect(`${tokens.accessToken}`).toBe('[access_token]');
  });

  it.each([undefined, null, '', 5, ['x']])('may lack a refresh token: %j', async (value) => {
    expect(await tokensWith({ refresh_token: value })).not.toHaveProperty('refreshToken');
  });
});
