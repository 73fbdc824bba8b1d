import { describe, expect, it } from 'vitest';
import { entraAuthorities, issuerOf, tenantOf, tenantRule } from '../../../shared/providers/entra-id/authority.ts';

const contoso = 'aaaaaaaa-0000-4000-8000-00000000000a';
const fabrikam = 'bbbbbbbb-0000-4000-8000-00000000000b';
const personal = '9188040d-6c67-4c5b-b112-36a304b66dad';
const login = 'https://login.microsoftonline.com';
const sts = 'https://sts.windows.net';
const metadata = { issuer: '', authorizationEndpoint: '', tokenEndpoint: '', jwksUri: '', issuerInResponse: false };

describe('an issuer of the settings', () => {
  it.each<[string, 1 | 2, string, string]>([
    [`${login}/${contoso}/v2.0`, 2, `${login}/${contoso}/v2.0`, `${sts}/${contoso}/`],
    [`${login}/${contoso}/v2.0/`, 2, `${login}/${contoso}/v2.0`, `${sts}/${contoso}/`],
    [`${login}/${contoso.toUpperCase()}/v2.0`, 2, `${login}/${contoso}/v2.0`, `${sts}/${contoso}/`],
    [`${sts}/${contoso}/v2.0`, 2, `${login}/${contoso}/v2.0`, `${sts}/${contoso}/`],
    [`${sts}/${contoso}/`, 1, `${sts}/${contoso}/`, `${login}/${contoso}/v2.0`],
    [`${login}/${contoso}`, 1, `${sts}/${contoso}/`, `${login}/${contoso}/v2.0`],
    [`https://login.windows.net/${contoso}/`, 1, `${sts}/${contoso}/`, `${login}/${contoso}/v2.0`],
    [`${login}/common/v2.0`, 2, `${login}/{tenantid}/v2.0`, `${sts}/{tenantid}/`],
    [`${login}/organizations/v2.0`, 2, `${login}/{tenantid}/v2.0`, `${sts}/{tenantid}/`],
    [`${login}/common`, 1, `${sts}/{tenantid}/`, `${login}/{tenantid}/v2.0`],
    [`${login}/consumers/v2.0`, 2, `${login}/${personal}/v2.0`, `${sts}/${personal}/`],
    [
      `https://login.microsoftonline.us/${contoso}/v2.0`,
      2,
      `https://login.microsoftonline.us/${contoso}/v2.0`,
      `${sts}/${contoso}/`,
    ],
    [
      `https://login.partner.microsoftonline.cn/${contoso}/v2.0`,
      2,
      `https://login.partner.microsoftonline.cn/${contoso}/v2.0`,
      `https://sts.chinacloudapi.cn/${contoso}/`,
    ],
    [
      `https://contoso.ciamlogin.com/${contoso}/v2.0`,
      2,
      `https://${contoso}.ciamlogin.com/${contoso}/v2.0`,
      `https://${contoso}.ciamlogin.com/${contoso}/`,
    ],
    [`http://127.0.0.1:9/${contoso}/v2.0`, 2, `http://127.0.0.1:9/${contoso}/v2.0`, `http://127.0.0.1:9/${contoso}/`],
  ])('%s is of version %i', (configured, version, own, other) => {
    const authorities = entraAuthorities(configured);
    expect(authorities.own).toMatchObject({ version, issuer: own });
    expect(authorities.other).toMatchObject({ version: 3 - version, issuer: other });
    const address = configured.replace(/\/$/, '');
    expect(authorities.own.wellKnown).toBe(`${address}/.well-known/openid-configuration`);
  });

  it('leads to the document of the other version, where people sign in', () => {
    const wellKnown = (configured: string) => entraAuthorities(configured).other.wellKnown;
    const document = '.well-known/openid-configuration';
    expect(wellKnown(`${login}/common/v2.0`)).toBe(`${login}/common/${document}`);
    expect(wellKnown(`${sts}/${contoso}/`)).toBe(`${login}/${contoso}/v2.0/${document}`);
    expect(wellKnown(`https://login.microsoftonline.us/${contoso}/v2.0`)).toBe(
      `https://login.microsoftonline.us/${contoso}/${document}`,
    );
  });

  it.each([
    `${login}/contoso.onmicrosoft.com/v2.0`,
    `${login}/${contoso}0/v2.0`,
    `${login}/`,
    `${login}/v2.0`,
    `${login}/{tenantid}/v2.0`,
  ])('that names no tenant by its id stops the start: %s', (configured) => {
    expect(() => entraAuthorities(configured)).toThrow(expect.objectContaining({ code: 'settings_invalid' }));
  });
});

describe('the issuer of a token', () => {
  const own = (configured: string) => entraAuthorities(configured).own;

  it.each<[string, string, string | undefined]>([
    ['contoso', `${login}/${contoso}/v2.0`, contoso],
    ['another tenant', `${login}/${fabrikam}/v2.0`, undefined],
    ['the other version', `${sts}/${contoso}/`, undefined],
    ['another host', `https://login.evil.example/${contoso}/v2.0`, undefined],
    ['more than the tenant', `${login}/${contoso}/v2.0/`, undefined],
    ['the placeholder', `${login}/{tenantid}/v2.0`, undefined],
  ])('is of one tenant: %s', (_case, iss, expected) => {
    expect(tenantOf(own(`${login}/${contoso}/v2.0`), iss)).toBe(expected);
  });

  it('is of any tenant at common, and of any but the personal one at organizations', () => {
    for (const [name, tenants] of Object.entries({
      common: [contoso, fabrikam, personal],
      organizations: [contoso, fabrikam, undefined],
    })) {
      const issuers = [contoso, fabrikam, personal].map((tenant) => `${login}/${tenant}/v2.0`);
      const authority = own(`${login}/${name}/v2.0`);
      expect(issuers.map((iss) => tenantOf(authority, iss))).toEqual(tenants);
      expect(tenantOf(authority, `https://login.evil.example/${contoso}/v2.0`)).toBeUndefined();
      expect(tenantOf(authority, `${login}/contoso.example/v2.0`)).toBeUndefined();
    }
  });

  it.each([undefined, null, 5, '', ['x']])('is not %j', (iss) => {
    expect(tenantOf(own(`${login}/common/v2.0`), iss)).toBeUndefined();
  });

  it('names the same tenant as tid, where there is one', () => {
    const isIssuer = tenantRule(own(`${login}/common/v2.0`));
    const iss = `${login}/${contoso}/v2.0`;
    expect(isIssuer(metadata, { iss, tid: contoso })).toBe(true);
    expect(isIssuer(metadata, { iss })).toBe(true);
    expect(isIssuer(metadata, { iss, tid: fabrikam })).toBe(false);
    expect(isIssuer(metadata, { iss, tid: null })).toBe(false);
    expect(isIssuer(metadata, { tid: contoso })).toBe(false);
  });

  it('of a tenant is told by the version', () => {
    expect(issuerOf(own(`${login}/common/v2.0`), fabrikam)).toBe(`${login}/${fabrikam}/v2.0`);
    expect(issuerOf(own(`${sts}/${contoso}/`), contoso)).toBe(`${sts}/${contoso}/`);
  });
});
