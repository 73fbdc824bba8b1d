import { describe, expect, it, vi } from 'vitest';
import { boundedFetch, outboundLimit } from '../../../shared/http/outbound.ts';
import { fetchUserinfo } from '../../../shared/providers/openid-connect/userinfo.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';

const endpoint = 'https://issuer.example/userinfo';

/** The claims of user `u1` that come of this answer. */
function claimsOf(answer: () => Response | Promise<Response>) {
  const network = vi.fn(async (_url: string | URL | Request, _init?: RequestInit) => answer());
  const token = new Secret('access_token', 'the-token');
  return { network, claims: fetchUserinfo(endpoint, token, 'u1', boundedFetch(network)) };
}

describe('userinfo', () => {
  it('is asked with the access token in the header, and gives its claims', async () => {
    const { network, claims } = claimsOf(() => Response.json({ sub: 'u1', groups: ['a'], name: 'Ada' }));
    expect(await claims).toEqual({ sub: 'u1', groups: ['a'], name: 'Ada' });
    const [url, init] = network.mock.calls[0] ?? [];
    expect(String(url)).toBe(endpoint);
    expect(new Headers(init?.headers).get('authorization')).toBe('Bearer the-token');
  });

  it.each([
    ['refuses this access token', () => new Response('', { status: 401 })],
    ['forbids it', () => Response.json({ error: 'insufficient_scope' }, { status: 403 })],
    ['is not there', () => new Response('', { status: 404 })],
    ['is a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['is signed', () => new Response('a.b.c', { headers: { 'content-type': 'application/jwt' } })],
    ['is empty', () => new Response(null, { status: 204 })],
  ])('is left out when it %s', async (_case, answer) => {
    expect(await claimsOf(answer).claims).toEqual({});
  });

  it.each([
    ['of another user', { sub: 'u2' }],
    ['of a user that begins alike', { sub: 'u11' }],
    ['of a user in another case', { sub: 'U1' }],
    ['of nobody', { name: 'Ada' }],
    ['of a number', { sub: 1 }],
    ['of a list', [{ sub: 'u1' }]],
    ['of a list of users', { sub: ['u1'] }],
  ])('is refused when it is %s', async (_case, body) => {
    await expect(claimsOf(() => Response.json(body)).claims).rejects.toMatchObject({
      code: 'userinfo_subject_mismatch',
    });
  });

  const json = { 'content-type': 'application/json' };
  it.each([
    ['is no object', () => Response.json('u1')],
    ['is null', () => Response.json(null)],
    ['is cut short', () => new Response('{"sub":"u1"', { headers: json })],
    ['is empty', () => new Response('', { headers: json })],
    ['is too large', () => Response.json({ sub: 'u1', more: 'x'.repeat(outboundLimit) })],
    ['lies elsewhere', () => Response.redirect('https://elsewhere.example/', 302)],
  ])('cannot be used when it %s', async (_case, answer) => {
    await expect(claimsOf(answer).claims).rejects.toMatchObject({ code: 'provider_response_invalid' });
  });

  it.each([
    ['fails', () => Response.json({ sub: 'u1' }, { status: 500 })],
    ['is overloaded', () => new Response('', { status: 503 })],
    ['was asked too often', () => new Response('', { status: 429 })],
    ['does not answer', () => Promise.reject(new TypeError('fetch failed'))],
  ])('ends the sign-in when it %s', async (_case, answer) => {
    await expect(claimsOf(answer).claims).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});
