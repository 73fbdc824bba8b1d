import { describe, expect, it } from 'vitest';
import { type RequestRewriting, requestHeaders } from '../../shared/gateway/request-headers.ts';

const rewriting: RequestRewriting = {
  host: 'up.example:8080',
  publicOrigin: 'https://app.example',
  hasBody: true,
  drops: () => false,
  added: {},
};
const sent = (inbound: HeadersInit, changes: Partial<RequestRewriting> = {}) =>
  Object.fromEntries(requestHeaders(new Headers(inbound), { ...rewriting, ...changes }));

const own = { host: 'up.example:8080', 'x-forwarded-host': 'app.example', 'x-forwarded-proto': 'https' };

describe('the headers that the upstream gets', () => {
  it('are those of the request, with the upstream as host and the public origin beside', () => {
    const passed = {
      accept: '*/*',
      authorization: 'Bearer abc',
      'content-length': '3',
      range: 'bytes=0-1',
      'x-forwarded-for': '192.0.2.1, 192.0.2.2:1234',
    };
    expect(sent(passed)).toEqual({ ...passed, ...own });
  });

  it.each([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
    'forwarded',
    'x-forwarded-prefix',
    'x-forwarded-port',
    'x_forwarded_host',
    'x.forwarded.host',
    'x~original|url',
    'x-original-url',
    'x-rewrite-url',
    'proxy',
    'x-ms-invocation-id',
  ])('have no %s', (name) => {
    expect(sent({ [name]: 'evil' })).toEqual(own);
  });

  it.each(['host', 'x-forwarded-host', 'x-forwarded-proto'])('have none of a client’s own %s', (name) => {
    expect(sent({ [name]: 'evil' })).toEqual(own);
  });

  it('have none that Connection names', () => {
    expect(sent({ connection: 'keep-alive, X-Once', 'x-once': '1', 'x-kept': '2' })).toEqual({ 'x-kept': '2', ...own });
  });

  it('have none that is to be dropped, and then what is to be added', () => {
    const drops = (name: string) => name.startsWith('x-ms-');
    const inbound = { 'x-ms-client-principal': 'spoofed', 'x-ms-other': 'spoofed' };
    const added = { 'x-ms-client-principal': 'true' };
    expect(sent(inbound, { drops, added })).toEqual({ ...added, ...own });
  });

  it('announce no body where there is none', () => {
    expect(sent({ 'content-length': '3' }, { hasBody: false })).toEqual(own);
  });
});

describe('cookies', () => {
  it.each([
    ['a=1; b="x y"; c=%7E+/==', 'a=1; b="x y"; c=%7E+/=='],
    ['AppServiceAuthSession=ours; a=1', 'a=1'],
    ['a=1; AppServiceAuthSession=ours;  b=2', 'a=1;  b=2'],
    ['a=1;AppServiceAuthNonce_ab=ours;b=2', 'a=1;b=2'],
    ['appserviceauthsession=ours; a=1; AppServiceAuthSession=again', 'a=1'],
    ['a=AppServiceAuthSession=1', 'a=AppServiceAuthSession=1'],
    ['a=1,AppServiceAuthSession=ours; b=2', 'b=2'],
    ['AppServiceAuthSession=ours', undefined],
    ['AppServiceAuthSession', undefined],
  ])('%s are sent as %s', (given, cookie) => {
    expect(sent({ cookie: given })['cookie']).toBe(cookie);
  });
});
