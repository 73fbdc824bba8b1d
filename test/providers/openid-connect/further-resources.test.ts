import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Provider, RefreshResult, SignedIn, Target } from '../../../shared/providers/provider.ts';
import { type DemoClientSetup, demoClient } from '../../fixtures/demo-client.ts';

const calendar = 'urn:demo:calendar';

let setup: DemoClientSetup;
beforeAll(async () => {
  setup = await demoClient();
});
afterAll(() => setup.close());

const client = () =>
  setup.client({
    furtherResources: true,
    scopes: ['openid', 'offline_access', 'calendar.read', 'calendar.write'],
    loginParameters: { resource: calendar },
  });

async function signIn(by: Provider): Promise<SignedIn> {
  return by.redeem(await setup.authorize(by));
}

async function ask(target?: Target): Promise<RefreshResult> {
  const by = client();
  const { tokens, ...identity } = await signIn(by);
  const entry = { ...identity, resources: [calendar] };
  return by.refresh(tokens.refreshToken ?? expect.fail('no refresh token came'), entry, target);
}

function audience(result: RefreshResult): unknown {
  if (!result.ok) return expect.fail(result.failure.reason);
  return decodeJwt(result.tokens.accessToken?.reveal() ?? '').aud;
}

it('a provider has further resources only where the settings say so', () => {
  expect(client().hasTargets).toBe(true);
  expect(setup.client().hasTargets).toBe(false);
});

it('an access token for a resource (RFC 8707), and one for less of it (RFC 6749 section 6)', async () => {
  const whole = await ask({ resource: calendar });
  expect(audience(whole)).toBe(calendar);
  expect(whole).toMatchObject({ tokens: { scopes: ['calendar.read', 'calendar.write'] } });
  const less = await ask({ resource: calendar, scope: 'calendar.read' });
  expect(less).toMatchObject({ ok: true, tokens: { scopes: ['calendar.read'] } });
});

it('a resource that the sign-in did not name is not asked for: the provider would spend the refresh token over it', async () => {
  const { requests } = setup.demo.counters;
  const { token } = requests;
  expect((await ask({ resource: 'urn:demo:files' })).ok).toBe(false);
  expect(requests.token).toBe(token + 1);
});

describe('what is not granted is refused for good', () => {
  it.each([
    ['a resource that the sign-in did not name', { resource: 'urn:demo:files' }, 'invalid_target'],
    ['a scope that the sign-in did not ask for', { resource: calendar, scope: 'files.read' }, 'invalid_scope'],
  ])('%s', async (_case, target, reason) => {
    expect(await ask(target)).toEqual({ ok: false, failure: { kind: 'refused', reason } });
  });
});

it('of the session’s own tokens the same words say that the settings are wrong, which can be put right', async () => {
  const by = client();
  const { tokens, ...identity } = await signIn(by);
  setup.demo.control.fail('token', { status: 400, body: { error: 'invalid_scope' } });
  const result = await by.refresh(tokens.refreshToken ?? expect.fail('no refresh token came'), identity);
  setup.demo.control.clear();
  expect(result).toMatchObject({ ok: false, failure: { kind: 'unavailable', reason: 'invalid_scope' } });
});
