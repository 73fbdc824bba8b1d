import { expect, it } from 'vitest';
import { idTokenClaimTypes } from '../../shared/providers/claim-types.ts';
import { principalHeaders } from '../../shared/sessions/principal-headers.ts';
import type { Claims, Entry } from '../../shared/token-store/session.ts';

const entry = (claims: Claims): Entry => ({ issuer: 'i', subject: '1', claims, issuedAt: 0, failures: 0, history: [] });
const source = {
  name: 'aad',
  principalId: 'an-object-id',
  displayName: 'ada@example.com',
  claimTypes: { types: idTokenClaimTypes },
  legacyClaims: true,
};
const decoded = (headers: Record<string, string>) =>
  Buffer.from(headers['x-ms-client-principal'] ?? '', 'base64').toString();

it('writes the principal as App Service does, member by member', () => {
  const headers = principalHeaders(entry({ sub: '1', roles: ['a', 'b'] }), source);
  expect(decoded(headers)).toBe(
    '{"auth_typ":"aad","claims":[{"typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier","val":"1"},{"typ":"roles","val":"a"},{"typ":"roles","val":"b"}],"name_typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name","role_typ":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}',
  );
  expect(headers).toMatchObject({
    'x-ms-client-principal-id': 'an-object-id',
    'x-ms-client-principal-name': 'ada@example.com',
    'x-ms-client-principal-idp': 'aad',
  });
});

it.each([
  ['Ådne Ærlig', '%C3%85dne%20%C3%86rlig'],
  ['100 %', '100%20%25'],
  ['line\r\nbreak', 'line%0D%0Abreak'],
  ['plain name', 'plain name'],
  ['half a pair \ud83d', 'half%20a%20pair%20%EF%BF%BD'],
])('a name that a header cannot hold is percent-encoded: %j', (displayName, sent) => {
  const headers = principalHeaders(entry({}), { ...source, displayName });
  expect(headers['x-ms-client-principal-name']).toBe(sent);
  expect(() => new Headers(headers)).not.toThrow();
});

it('leaves the groups out where they are too many for a header, and nothing else', () => {
  const groups = Array.from({ length: 500 }, (_, index) => `group-${index}-${'0'.repeat(20)}`);
  const headers = principalHeaders(entry({ sub: '1', groups, email: 'ada@example.com' }), source);
  expect(headers['x-ms-client-principal']?.length).toBeLessThan(8 * 1024);
  const { claims } = JSON.parse(decoded(headers)) as { claims: { typ: string }[] };
  expect(claims.map(({ typ }) => typ.split('/').at(-1))).toEqual(['nameidentifier', 'emailaddress']);
});
