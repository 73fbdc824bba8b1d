import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serializeCookie } from '../../shared/http/cookies.ts';
import {
  type Attempt,
  askedBy,
  checkInTime,
  newAttempt,
  recallAttempt,
  rememberAttempt,
  stateOf,
} from '../../shared/sign-in/attempt.ts';
import { sessionIdOf } from '../../shared/token-store/names.ts';
import { type LocalApp, localApp, origin } from '../fixtures/local-app.ts';

const scope = { path: '/.auth/login', secure: true };

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterEach(() => local.clock.reset());
afterAll(() => local.close());

const fixed = { provider: 'demo', ending: { kind: 'cookie', target: `${origin}/a` }, lifetime: 300 } as const;

const requestWith = (cookie: string) => new Request(origin, { headers: cookie === '' ? {} : { cookie } });

/** Remembers an attempt in a browser that has these cookies. */
async function remembered(cookie = '') {
  const { platform, ring } = local.app;
  const attempt = newAttempt(platform, fixed);
  const cookies = await rememberAttempt(attempt, requestWith(cookie), scope, ring, platform.clock);
  const own = cookies.at(-1);
  if (!own) throw new Error('no cookie was set');
  return { attempt, state: stateOf(attempt), cookies, name: own.name, value: own.value };
}

function recall(state: string, cookie: string, provider = 'demo'): Promise<{ attempt: Attempt }> {
  return recallAttempt({ state }, provider, requestWith(cookie), scope, local.app.ring);
}

const isStateInvalid = expect.objectContaining({ code: 'sign_in_state_invalid' });

describe('an attempt', () => {
  it('comes back as it was, with the deletion of its cookie', async () => {
    const { attempt, state, name, value } = await remembered();
    const recalled = await recallAttempt({ state }, 'demo', requestWith(`${name}=${value}`), scope, local.app.ring);
    expect(recalled).toEqual({ attempt, cookie: { name, value: '', maxAge: 0, sameSite: 'Lax', ...scope } });
  });

  it('is found among other cookies', async () => {
    const { attempt, state, name, value } = await remembered();
    const others = `a=b; AppServiceAuthNonce_=x; ${name}x=y; AppServiceAuthSession=t`;
    expect((await recall(state, `${others}; ${name}=${value}; c=d`)).attempt).toEqual(attempt);
  });

  it('is only for the provider it was started at', async () => {
    const { state, name, value } = await remembered();
    await expect(recall(state, `${name}=${value}`, 'other')).rejects.toEqual(isStateInvalid);
  });

  it('is in time until its last second', () => {
    const attempt = newAttempt(local.app.platform, fixed);
    local.clock.advance(298);
    expect(() => checkInTime(attempt, local.app.platform.clock)).not.toThrow();
    local.clock.advance(2);
    expect(() => checkInTime(attempt, local.app.platform.clock)).toThrow('took too long');
  });

  it('can be recalled after the key ring has moved on to a new epoch', async () => {
    const { attempt, state, name, value } = await remembered();
    const { number } = await local.app.ring.newest();
    local.clock.advance(31 * 24 * 3600);
    expect((await local.app.ring.newest()).number).not.toBe(number);
    expect((await recall(state, `${name}=${value}`)).attempt).toEqual(attempt);
  });

  it('fits into a cookie whatever the landing address holds', async () => {
    const { platform, ring } = local.app;
    const ending = { kind: 'code', target: 'x'.repeat(1_498), challenge: 'c'.repeat(43) } as const;
    const connectsIn = sessionIdOf('a session');
    const drawn = newAttempt(platform, { ...fixed, provider: 'p'.repeat(32), ending, connectsIn });
    const attempt = { ...drawn, asked: { scopes: ['x'.repeat(385)] } };
    const cookies = await rememberAttempt(attempt, requestWith(''), scope, ring, platform.clock);
    for (const cookie of cookies) expect(serializeCookie(cookie).length).toBeLessThan(4_096);
  });
});

describe('what an address asks for', () => {
  const asked = (query: Record<string, string>) =>
    askedBy(new URL(`https://issuer.example/?${new URLSearchParams(query)}`));

  it('is remembered: scopes and resources', () => {
    expect(asked({ scope: 'openid mail', resource: 'urn:a' })).toEqual({
      scopes: ['openid', 'mail'],
      resources: ['urn:a'],
    });
    expect(asked({})).toEqual({});
  });

  it('is remembered without the scopes where they are too long, and not at all where the resources are', () => {
    expect(asked({ scope: 'x'.repeat(400), resource: 'urn:a' })).toEqual({ resources: ['urn:a'] });
    expect(asked({ scope: 'openid', resource: 'x'.repeat(400) })).toEqual({});
  });
});

describe('a state is refused', () => {
  it('with any one character changed', async () => {
    const { state, name, value } = await remembered();
    const character = fc.constantFrom('.', '-', '_', 'A', 'a', '0', ' ', '\u0000', 'é', '／', '😀', '');
    await fc.assert(
      fc.asyncProperty(fc.nat(state.length - 1), character, async (at, other) => {
        fc.pre(state[at] !== other);
        const changed = state.slice(0, at) + other + state.slice(at + 1);
        await expect(recall(changed, `${name}=${value}`)).rejects.toEqual(isStateInvalid);
      }),
    );
  });

  it.each(['', '.', '..', '.x', 'x.', '__proto__', `${'0'.repeat(17)}.`])('when it is %j', async (state) => {
    const { name, value } = await remembered();
    await expect(recall(state, `${name}=${value}`)).rejects.toEqual(isStateInvalid);
  });

  it('cut short, or with more behind it', async () => {
    const { state, name, value } = await remembered();
    for (let length = 0; length < state.length; length++) {
      await expect(recall(state.slice(0, length), `${name}=${value}`)).rejects.toEqual(isStateInvalid);
    }
    for (const more of ['.', '.x', 'x', ' ', '=']) {
      await expect(recall(state + more, `${name}=${value}`)).rejects.toEqual(isStateInvalid);
    }
  });
});

describe('a cookie is refused', () => {
  it('with any one bit of its sealed value changed', async () => {
    const { state, name, value } = await remembered();
    const parts = value.split('.');
    const sealed = parts.flatMap((part, index) => (part === '' ? [] : [index]));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...sealed), fc.nat(), fc.nat(7), async (index, at, bit) => {
        const bytes = Buffer.from(parts[index] ?? '', 'base64url');
        const position = at % bytes.length;
        bytes[position] = (bytes[position] ?? 0) ^ (1 << bit);
        const changed = parts.with(index, bytes.toString('base64url')).join('.');
        await expect(recall(state, `${name}=${changed}`)).rejects.toEqual(isStateInvalid);
      }),
    );
  });

  it('cut short at any place', async () => {
    const { state, name, value } = await remembered();
    for (let length = 0; length < value.length; length += 7) {
      await expect(recall(state, `${name}=${value.slice(0, length)}`)).rejects.toEqual(isStateInvalid);
    }
  });

  it('of another attempt under this name', async () => {
    const [one, other] = [await remembered(), await remembered()];
    await expect(recall(one.state, `${one.name}=${other.value}`)).rejects.toEqual(isStateInvalid);
  });

  it('sealed by another key ring', async () => {
    const { state, name, value } = await remembered();
    const [header = '', ...rest] = value.split('.');
    for (const kid of ['999999', '../sessions/x', '', 5]) {
      const named = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), kid };
      const changed = [Buffer.from(JSON.stringify(named)).toString('base64url'), ...rest].join('.');
      await expect(recall(state, `${name}=${changed}`)).rejects.toEqual(isStateInvalid);
    }
  });
});

it('a further attempt deletes the oldest cookies over five, by their names', async () => {
  const names = ['000000009', '000000001', '000000005', '000000003', '000000007', '000000008'];
  const cookie = names.map((time) => `AppServiceAuthNonce_${time}aaaaaaaa=x`).join('; ');
  const { cookies, name } = await remembered(cookie);
  expect(cookies.map((one) => [one.name, one.maxAge])).toEqual([
    ['AppServiceAuthNonce_000000001aaaaaaaa', 0],
    ['AppServiceAuthNonce_000000003aaaaaaaa', 0],
    [name, 1200],
  ]);
});
