import { expect, it } from 'vitest';
import { rawClaims } from '../../../dev/import/raw-claims.ts';
import { claimType, idTokenClaimTypes } from '../../../shared/providers/claim-types.ts';
import { claimViews } from '../../../shared/sessions/claims.ts';

const idToken = { types: idTokenClaimTypes };
const github = { types: { id: claimType.nameIdentifier, name: claimType.name }, prefix: 'urn:github:' };

it('gives claims their own names again', () => {
  const claims = [
    { typ: 'iss', val: 'https://login.example/' },
    { typ: claimType.nameIdentifier, val: 'subject' },
    { typ: claimType.objectIdentifier, val: 'object' },
    { typ: claimType.emailAddress, val: 'ada@example.com' },
  ];
  expect(rawClaims(claims, idToken)).toEqual({
    iss: 'https://login.example/',
    sub: 'subject',
    oid: 'object',
    email: 'ada@example.com',
  });
});

it('takes the prefix of a provider away', () => {
  const claims = [
    { typ: claimType.nameIdentifier, val: '7' },
    { typ: 'urn:github:login', val: 'ada' },
  ];
  expect(rawClaims(claims, github)).toEqual({ id: '7', login: 'ada' });
});

it('makes lists of what came more than once, and of what is one in any case', () => {
  const claims = [
    { typ: 'groups', val: 'one' },
    { typ: 'nick', val: 'Ada' },
    { typ: 'nick', val: 'Countess' },
  ];
  expect(rawClaims(claims, idToken)).toEqual({ groups: ['one'], nick: ['Ada', 'Countess'] });
});

it.each([
  ['of an ID token', idToken],
  ['with a prefix', github],
])('shows claims %s as they were shown before', (_which, types) => {
  const claims = [
    ...Object.values(types.types).map((typ, index) => ({ typ, val: `${index}` })),
    { typ: `${'prefix' in types ? types.prefix : ''}plain`, val: 'true' },
  ];
  expect(claimViews(rawClaims(claims, types), types, true)).toEqual(claims);
});

it('gives no claims where there were none', () => {
  expect(rawClaims(undefined, idToken)).toEqual({});
});
