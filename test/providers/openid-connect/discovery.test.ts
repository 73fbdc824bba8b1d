import { beforeEach, describe, expect, it, vi } from 'vitest';
import { boundedFetch, outboundLimit } from '../../../shared/http/outbound.ts';
import { discovered } from '../../../shared/providers/openid-connect/discovery.ts';

const issuer = 'https://issuer.example/tenant';
const wellKnown = `${issuer}/.well-known/openid-configuration`;
const document = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
};

let time = 0;
const clock = { now: () => time, sleep: async () => {} };
const pass = (minutes: number) => {
  time += minutes * 60_000;
};
beforeEach(() => {
  time = Date.parse('2026-01-01');
});

const serving = (answer: () => Response | Promise<Response>) => vi.fn(async () => answer());
const isUnavailable = expect.objectContaining({ code: 'provider_unavailable' });

/** What is made of this one answer. */
function found(answer: () => Response | Promise<Response>, configured?: string) {
  return discovered(wellKnown, configured, boundedFetch(serving(answer)), clock)();
}

describe('a discovery document', () => {
  it('gives the endpoints and what the provider can do', async () => {
    const all = {
      ...document,
      userinfo_endpoint: `${issuer}/userinfo`,
      revocation_endpoint: `${issuer}/revoke`,
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['RS256', 'none'],
      something_new: { nobody: 'knows' },
    };
    expect(await found(() => Response.json(all))).toEqual({
      issuer,
      authorizationEndpoint: `${issuer}/authorize`,
      tokenEndpoint: `${issuer}/token`,
      jwksUri: `${issuer}/jwks`,
      userinfoEndpoint: `${issuer}/userinfo`,
      revocationEndpoint: `${issuer}/revoke`,
      issuerInResponse: true,
      signingAlgorithms: ['RS256', 'none'],
    });
  });

  it('may leave out what is optional', async () => {
    const metadata = await found(() => Response.json(document));
    expect(metadata).toMatchObject({ issuer, issuerInResponse: false });
    expect(metadata).not.toHaveProperty('userinfoEndpoint');
  });

  it.each([
    ['the address that was asked', issuer, undefined],
    ['it with a slash behind, as some write themselves', `${issuer}/`, undefined],
    ['the configured one', 'https://other.example/v2.0', 'https://other.example/v2.0'],
  ])('may state as issuer %s', async (_case, stated, configured) => {
    expect(await found(() => Response.json({ ...document, issuer: stated }), configured)).toMatchObject({
      issuer: stated,
    });
  });

  it.each([
    ['another host', 'https://evil.example/tenant', undefined],
    ['another tenant', 'https://issuer.example/other', undefined],
    ['a prefix', 'https://issuer.example', undefined],
    ['plain http', issuer.replace('https', 'http'), undefined],
    ['another case', issuer.toUpperCase(), undefined],
    ['the asked address, though another is configured', issuer, 'https://other.example'],
    ['the configured one with a slash behind', 'https://other.example/', 'https://other.example'],
  ])('may not state as issuer %s', async (_case, stated, configured) => {
    const call = found(() => Response.json({ ...document, issuer: stated }), configured);
    await expect(call).rejects.toMatchObject({ code: 'provider_misconfigured' });
  });

  it.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint', 'revocation_endpoint'])(
    'may name nothing but an https address as %s',
    async (name) => {
      for (const value of ['http://issuer.example/x', 'not an address', 'javascript:alert(1)', '', 5, null]) {
        const call = found(() => Response.json({ ...document, [name]: value }));
        const detail = `discovery: ${name} is missing or wrong`;
        await expect(call).rejects.toMatchObject({ code: 'provider_response_invalid', detail });
      }
    },
  );

  it.each([
    ['without an issuer', () => Response.json({ ...document, issuer: undefined })],
    ['that is a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['that is empty', () => new Response('')],
    ['that is null', () => Response.json(null)],
    ['that is a list', () => Response.json([document])],
    ['that is cut short', () => new Response(JSON.stringify(document).slice(0, -5))],
    ['that is too large', () => Response.json({ ...document, more: 'x'.repeat(outboundLimit) })],
    ['that lies elsewhere', () => Response.redirect('https://elsewhere.example/', 302)],
  ])('%s is refused', async (_case, answer) => {
    await expect(found(answer)).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });

  it.each([
    [404, 'provider_misconfigured'],
    [429, 'provider_unavailable'],
    [500, 'provider_unavailable'],
    [503, 'provider_unavailable'],
  ])('that cannot be had at first (%i) is asked for again by the next', async (status, code) => {
    const answers = [new Response('', { status }), Response.json(document)];
    const network = serving(() => answers.shift() ?? Response.error());
    const metadata = discovered(wellKnown, undefined, boundedFetch(network), clock);
    await expect(metadata()).rejects.toMatchObject({ code, detail: `discovery answered ${status}` });
    expect(await metadata()).toMatchObject({ issuer });
    expect(network).toHaveBeenCalledTimes(2);
  });
});

describe('what was discovered', () => {
  it('is used for an hour, and then asked for again', async () => {
    const network = serving(() =>
      Response.json({ ...document, token_endpoint: `${issuer}/${network.mock.calls.length}` }),
    );
    const metadata = discovered(wellKnown, undefined, network, clock);
    await metadata();
    pass(59);
    expect(await metadata()).toMatchObject({ tokenEndpoint: `${issuer}/1` });
    pass(2);
    expect(await metadata()).toMatchObject({ tokenEndpoint: `${issuer}/2` });
    expect(network).toHaveBeenCalledTimes(2);
  });

  it('is asked for once by callers who come together', async () => {
    const network = serving(() => Response.json(document));
    const metadata = discovered(wellKnown, undefined, network, clock);
    await Promise.all([metadata(), metadata(), metadata()]);
    expect(network).toHaveBeenCalledOnce();
  });

  it('is used for a day while the provider is down, which is asked once a minute', async () => {
    let isUp = true;
    const network = serving(() => (isUp ? Response.json(document) : new Response('', { status: 503 })));
    const metadata = discovered(wellKnown, undefined, network, clock);
    await metadata();
    isUp = false;
    pass(61);
    for (let call = 0; call < 5; call++) expect(await metadata()).toMatchObject({ issuer });
    expect(network).toHaveBeenCalledTimes(2);
    pass(1);
    await metadata();
    expect(network).toHaveBeenCalledTimes(3);
    pass(24 * 60 - 62.5);
    expect(await metadata()).toMatchObject({ issuer });
    pass(0.75);
    await expect(metadata()).rejects.toEqual(isUnavailable);
  });

  it('is new again as soon as the provider is back', async () => {
    const answers = [
      Response.json(document),
      Response.error(),
      Response.json({ ...document, jwks_uri: `${issuer}/new` }),
    ];
    const metadata = discovered(
      wellKnown,
      undefined,
      boundedFetch(serving(() => answers.shift() ?? Response.error())),
      clock,
    );
    await metadata();
    pass(61);
    await metadata();
    pass(1);
    expect(await metadata()).toMatchObject({ jwksUri: `${issuer}/new` });
  });

  it('stays what it was when the document turns bad', async () => {
    const answers = [Response.json(document), Response.json({ ...document, issuer: 'https://evil.example' })];
    const metadata = discovered(
      wellKnown,
      undefined,
      serving(() => answers.shift() ?? Response.error()),
      clock,
    );
    await metadata();
    pass(61);
    expect(await metadata()).toMatchObject({ issuer });
  });
});
