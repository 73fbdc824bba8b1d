import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { boundedFetch, outboundLimit } from '../../../shared/http/outbound.ts';
import { createIdTokenVerifier } from '../../../shared/providers/openid-connect/id-token.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type ProviderKey, providerKey } from '../../fixtures/id-tokens.ts';

const issuer = 'https://issuer.example';
const metadata = {
  issuer,
  authorizationEndpoint: `${issuer}/authorize`,
  tokenEndpoint: `${issuer}/token`,
  jwksUri: `${issuer}/jwks`,
  issuerInResponse: false,
};

// jose keeps its own time for how old the keys are, so here the test sets it for everybody.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

/** Those who sleep at the same time wake up at the same time. */
async function sleepTogether(milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  await new Promise(setImmediate);
  if (Date.now() < end) vi.setSystemTime(end);
}

/** A provider that publishes these keys, and a client that checks its ID tokens. */
function provider(...published: ProviderKey[]) {
  const answers: (() => Response | Promise<Response>)[] = [];
  const publish = () => Response.json({ keys: published.map(({ jwk }) => jwk) });
  const fetch = vi.fn(async (_url: string | URL | Request, _init?: RequestInit) => (answers.shift() ?? publish)());
  const clock = { now: () => Date.now(), sleep: vi.fn(sleepTogether) };
  const verify = createIdTokenVerifier('client', boundedFetch(fetch), clock);
  return {
    published,
    answers,
    fetch,
    sleep: clock.sleep,
    async check(signer: ProviderKey, at: Partial<typeof metadata> = {}, iss = issuer) {
      const now = Math.floor(Date.now() / 1000);
      const token = await signer.sign({ iss, aud: 'client', sub: 'user', iat: now, exp: now + 60 });
      return verify({ ...metadata, ...at }, new Secret('id_token', token), {});
    },
  };
}

const isInvalid = expect.objectContaining({ code: 'id_token_invalid' });

describe('the keys of a provider', () => {
  it('are fetched for the first token and kept for the next', async () => {
    const key = await providerKey('ES256');
    const { check, fetch } = provider(key);
    await Promise.all([check(key), check(key)]);
    pass(60_000);
    await check(key);
    expect(fetch).toHaveBeenCalledOnce();
  });

  it('are fetched anew after ten minutes, so that a withdrawn key is not trusted for ever', async () => {
    const [old, young] = [await providerKey('ES256'), await providerKey('ES256')];
    const { check, published } = provider(old);
    await check(old);
    published.splice(0, 1, young);
    pass(601_000);
    await expect(check(old)).rejects.toEqual(isInvalid);
  });

  it('are fetched from where discovery says now', async () => {
    const key = await providerKey('ES256');
    const { check, fetch } = provider(key);
    await check(key);
    await check(key, { jwksUri: `${issuer}/moved` });
    expect(fetch.mock.calls.map(([url]) => String(url))).toEqual([`${issuer}/jwks`, `${issuer}/moved`]);
  });
});

describe('a token whose key is not among them', () => {
  it('makes them be fetched once more, and is then refused', async () => {
    const [key, stranger] = [await providerKey('ES256'), await providerKey('ES256')];
    const { check, fetch, sleep } = provider(key);
    await check(key);
    pass(5_000);
    await expect(check(stranger)).rejects.toEqual(isInvalid);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(sleep).not.toHaveBeenCalled();
  });

  it('is refused without a look at them when it is of another issuer', async () => {
    const [key, stranger] = [await providerKey('ES256'), await providerKey('ES256')];
    const { check, fetch, sleep } = provider(key);
    await expect(check(stranger, {}, 'https://other.example')).rejects.toEqual(isInvalid);
    await check(key);
    await expect(check(stranger, {}, 'https://other.example')).rejects.toEqual(isInvalid);
    expect(fetch).toHaveBeenCalledOnce();
    expect(sleep).not.toHaveBeenCalled();
  });

  it('is refused at once where they were fetched for this very token', async () => {
    const [key, stranger] = [await providerKey('ES256'), await providerKey('ES256')];
    const { check, fetch } = provider(key);
    await expect(check(stranger)).rejects.toEqual(isInvalid);
    expect(fetch).toHaveBeenCalledOnce();
  });

  it('makes them be fetched once a second at most, however many such tokens come', async () => {
    const [key, stranger] = [await providerKey('ES256'), await providerKey('ES256')];
    const { check, fetch, sleep } = provider(key);
    await check(key);
    const start = Date.now();
    await Promise.all(Array.from({ length: 8 }, () => expect(check(stranger)).rejects.toEqual(isInvalid)));
    expect(fetch.mock.calls.length - 1).toBeLessThanOrEqual((Date.now() - start) / 1_000);
    for (const [milliseconds] of sleep.mock.calls) expect(milliseconds).toBeLessThanOrEqual(1_100);
  });

  it('is accepted when the provider changed its key just before signing', async () => {
    for (const elapsed of [0, 500, 1_001, 300_000]) {
      const [old, young] = [await providerKey('ES256'), await providerKey('ES256')];
      const { check, published, fetch } = provider(old);
      await check(old);
      published.unshift(young);
      pass(elapsed);
      expect(await check(young)).toMatchObject({ sub: 'user' });
      expect(await check(old)).toMatchObject({ sub: 'user' });
      expect(fetch).toHaveBeenCalledTimes(2);
    }
  });
});

describe('keys that cannot be had say nothing about the token', () => {
  it.each([
    ['are down', () => new Response('', { status: 503 }), 'provider_unavailable'],
    ['are not there', () => new Response('', { status: 404 }), 'provider_misconfigured'],
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed')), 'provider_unavailable'],
    ['are a page', () => new Response('<html>'), 'provider_response_invalid'],
    ['are no key set', () => Response.json({ keys: 'none' }), 'provider_response_invalid'],
    ['lie elsewhere', () => Response.redirect('https://elsewhere.example/', 307), 'provider_response_invalid'],
    ['are too large', () => new Response('x'.repeat(outboundLimit + 1)), 'provider_response_invalid'],
  ])('when they %s', async (_case, answer, code) => {
    const key = await providerKey('ES256');
    const { check, answers } = provider(key);
    answers.push(answer);
    await expect(check(key)).rejects.toMatchObject({ code });
    expect(await check(key)).toMatchObject({ sub: 'user' });
  });

  it('when they are down just as a new key is looked for', async () => {
    const [key, young] = [await providerKey('ES256'), await providerKey('ES256')];
    const { check, answers } = provider(key, young);
    const published = Response.json({ keys: [key.jwk] });
    answers.push(
      () => published,
      () => new Response('', { status: 500 }),
    );
    await check(key);
    pass(2_000);
    await expect(check(young)).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await check(young)).toMatchObject({ sub: 'user' });
  });

  it('and are waited for with a time limit', async () => {
    const key = await providerKey('ES256');
    const { check, fetch } = provider(key);
    await check(key);
    expect(fetch.mock.calls[0]?.[1]?.signal).toBeInstanceOf(AbortSignal);
  });
});
