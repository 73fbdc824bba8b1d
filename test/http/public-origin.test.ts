import { describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { type ForwardProxy, originOf } from '../../shared/http/public-origin.ts';

const publicOrigin = 'https://name.azurewebsites.net';
const standard: ForwardProxy = { hostHeader: 'x-forwarded-host', protoHeader: 'x-forwarded-proto' };

function originFor(headers: Record<string, string>, forwardProxy: ForwardProxy): string {
  const request = new Request(`${publicOrigin}/.auth/me`, { headers });
  return originOf(request, { publicOrigin, forwardProxy });
}

const forwarded = (host: string, proto?: string) => ({
  'x-forwarded-host': host,
  ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
});

describe('behind a front door, the origin is the one it was asked for', () => {
  it.each([
    [forwarded('auth.example.com', 'https'), 'https://auth.example.com'],
    [forwarded('auth.example.com'), 'https://auth.example.com'],
    [forwarded('AUTH.example.com:443', 'HTTPS'), 'https://auth.example.com'],
    [forwarded('auth.example.com:8443', 'https'), 'https://auth.example.com:8443'],
    [forwarded('auth.example.com, inner.example.net', 'https, http'), 'https://auth.example.com'],
    [forwarded('localhost:3000', 'http'), 'http://localhost:3000'],
    [forwarded('[::1]:3000', 'http'), 'http://[::1]:3000'],
  ])('%j: %s', (headers, expected) => {
    expect(originFor(headers, standard)).toBe(expected);
  });

  it('as the headers say that were named, and no others', () => {
    const custom = { hostHeader: 'x-original-host', protoHeader: 'x-scheme' };
    const headers = { 'x-original-host': 'localhost:3000', 'x-scheme': 'http', ...forwarded('evil.example', 'https') };
    expect(originFor(headers, custom)).toBe('http://localhost:3000');
    expect(originFor(headers, { hostHeader: 'x-original-host' })).toBe('https://localhost:3000');
    expect(originFor(forwarded('evil.example'), custom)).toBe(publicOrigin);
  });
});

describe('the origin stays as configured', () => {
  const headers = forwarded('evil.example', 'https');

  it.each([
    ['where there is no front door, or the origin was pinned', headers, {}],
    ['for a request that came past the front door', {}, standard],
    ['for an empty header', forwarded('', 'https'), standard],
    ['where the host header is not named', headers, { protoHeader: 'x-forwarded-proto' }],
  ] as const)('%s', (_case, sent, forwardProxy) => {
    expect(originFor({ ...sent }, forwardProxy)).toBe(publicOrigin);
  });
});

describe('a front door that passes on no address of ours is refused', () => {
  it.each([
    ['evil.example/path', 'https'],
    ['user@evil.example', 'https'],
    ['evil.example:port', 'https'],
    ['evil.example:99999', 'https'],
    ['evil.example?x', 'https'],
    ['evil.example\\x', 'https'],
    ['a b', 'https'],
    ['[::1', 'https'],
    ['auth.example.com', 'http'],
    ['auth.example.com', 'javascript'],
    ['auth.example.com', 'https:'],
  ])('%s by %s', (host, proto) => {
    const refused = () => originFor(forwarded(host, proto), standard);
    expect(refused).toThrow(TokenkeepError);
    expect(refused).toThrow(expect.objectContaining({ code: 'request_malformed' }));
  });
});
