import { describe, expect, it } from 'vitest';
import { allowOrigin } from '../../shared/http/cors.ts';

const spa = 'https://spa.example';
const allowed = [spa, 'http://localhost:5173', 'capacitor://localhost'];

function answered(origin: string | undefined, method = 'GET', origins: readonly string[] = allowed): Headers {
  const headers = new Headers();
  const request = new Request('https://app.example/.auth/me', {
    method,
    headers: origin === undefined ? {} : { origin },
  });
  allowOrigin(headers, request, origins);
  return headers;
}

const names = (headers: Headers) => [...headers.keys()];

describe('an allowed origin', () => {
  it.each(allowed)('%s may read the answer, with credentials', (origin) => {
    const headers = answered(origin);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-expose-headers')).toBe('retry-after, x-zumo-auth');
    expect(headers.get('vary')).toBe('Origin');
  });

  it('may send what Microsoft’s client SDKs send', () => {
    const headers = answered(spa, 'OPTIONS');
    const accepted = headers.get('access-control-allow-headers')?.split(', ');
    const sent = ['zumo-api-version', 'x-zumo-installation-id', 'x-zumo-version', 'x-zumo-auth', 'x-zumo-features'];
    expect(accepted).toEqual(expect.arrayContaining([...sent, 'content-type', 'authorization', 'x-requested-with']));
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE');
    expect(headers.get('access-control-max-age')).toBe('3600');
  });

  it('is told what it may send in a preflight only', () => {
    expect(names(answered(spa)).filter((name) => name.startsWith('access-control-'))).toEqual([
      'access-control-allow-credentials',
      'access-control-allow-origin',
      'access-control-expose-headers',
    ]);
  });
});

describe('another origin gets nothing but the word that others may get more', () => {
  it.each([
    'https://evil.example',
    'http://spa.example',
    'https://spa.example:8443',
    'https://SPA.example',
    'https://spa.example.evil.example',
    'https://sub.spa.example',
    'https://spa.example/',
    'null',
    '*',
  ])('%s', (origin) => {
    expect(names(answered(origin))).toEqual(['vary']);
    expect(names(answered(origin, 'OPTIONS'))).toEqual(['vary']);
  });

  it('and so does a request without an origin', () => {
    expect(names(answered(undefined))).toEqual(['vary']);
  });
});

it('says nothing where no origin is allowed: then nothing depends on it', () => {
  expect(names(answered(spa, 'GET', []))).toEqual([]);
});

it('leaves an answer alone that everybody may read', () => {
  const headers = new Headers({ 'access-control-allow-origin': '*' });
  allowOrigin(headers, new Request('https://app.example/', { headers: { origin: spa } }), allowed);
  expect([...headers]).toEqual([['access-control-allow-origin', '*']]);
});

it('adds to what the answer varies by already', () => {
  const headers = new Headers({ vary: 'Accept' });
  allowOrigin(headers, new Request('https://app.example/'), allowed);
  expect(headers.get('vary')).toBe('Accept, Origin');
});
