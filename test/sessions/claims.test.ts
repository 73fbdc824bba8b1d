import { expect, it } from 'vitest';
import { idTokenClaimTypes } from '../../shared/providers/claim-types.ts';
import { claimViews } from '../../shared/sessions/claims.ts';

const ws = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
const ms = 'http://schemas.microsoft.com/identity/claims/';
const mc = 'http://schemas.microsoft.com/claims/';

const typesOf = (claims: Record<string, unknown>, legacy: boolean) =>
  claimViews(claims, { types: idTokenClaimTypes }, legacy).map(({ typ }) => typ);

it('gives the claims of an ID token of Entra ID the types that App Service shows, in the order of the token', () => {
  const short = ['aud', 'iss', 'iat', 'nbf', 'exp', 'aio', 'ipaddr', 'name', 'nonce', 'preferred_username'];
  const long = {
    amr: `${mc}authnmethodsreferences`,
    email: `${ws}emailaddress`,
    family_name: `${ws}surname`,
    given_name: `${ws}givenname`,
    idp: `${ms}identityprovider`,
    oid: `${ms}objectidentifier`,
    sub: `${ws}nameidentifier`,
    tid: `${ms}tenantid`,
    unique_name: `${ws}name`,
    upn: `${ws}upn`,
  };
  const last = ['roles', 'groups', 'wids', 'scp', 'acr', 'appid', 'azp', 'sid', 'ver', 'rh', 'uti', 'c_hash'];
  const names = [...short, ...Object.keys(long), ...last];
  const claims = Object.fromEntries(names.map((name) => [name, 'x']));
  expect(typesOf(claims, true)).toEqual([...short, ...Object.values(long), ...last]);
});

it('gives roles, scopes and the authentication class long types too where the modern mapping is set', () => {
  expect(typesOf({ roles: ['Admin'], scp: 'User.Read', acr: '1', sub: '1', name: 'Ada' }, false)).toEqual([
    'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
    `${ms}scope`,
    `${mc}authnclassreference`,
    `${ws}nameidentifier`,
    'name',
  ]);
});
