import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { IssuerRule } from '../openid-connect/id-token.ts';

/** A place where Entra ID describes itself, and the tenants that it speaks for there. */
export interface EntraAuthority {
  /** The version of the endpoints and of the tokens. */
  readonly version: 1 | 2;
  /** Address of the discovery document. */
  readonly wellKnown: string;
  /** The issuer that the document states: with `{tenantid}` in it, literally, where it speaks for many tenants. */
  readonly issuer: string;
  /** The one tenant; undefined where there are many. */
  readonly tenant: string | undefined;
  /** Whether people with personal accounts belong to it. */
  readonly hasPersonalAccounts: boolean;
}

/** The tenant of personal accounts: https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer */
export const personalTenant = '9188040d-6c67-4c5b-b112-36a304b66dad';

/** Personal Microsoft accounts: the tenant `consumers` of Entra ID. */
export const microsoftAccountIssuer = `https://login.microsoftonline.com/${personalTenant}/v2.0`;

const guid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/;
const placeholder = '{tenantid}';

interface Cloud {
  /** Where people sign in, and what v2 tokens name as their issuer. */
  readonly login: string;
  /** What v1 tokens name as their issuer. */
  readonly sts: string;
  readonly hosts: readonly string[];
}

/**
 * The clouds of https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud, and the other names
 * of their hosts, of which App Service writes sts.windows.net into `openIdIssuer` for either version
 * (https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad).
 */
const clouds: readonly Cloud[] = [
  {
    login: 'https://login.microsoftonline.com',
    sts: 'https://sts.windows.net',
    hosts: ['login.microsoftonline.com', 'login.microsoft.com', 'login.windows.net', 'sts.windows.net'],
  },
  {
    login: 'https://login.microsoftonline.us',
    sts: 'https://sts.windows.net',
    hosts: ['login.microsoftonline.us', 'login.usgovcloudapi.net'],
  },
  {
    login: 'https://login.partner.microsoftonline.cn',
    sts: 'https://sts.chinacloudapi.cn',
    hosts: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn', 'sts.chinacloudapi.cn'],
  },
];

/** Whether the settings can name this issuer. */
export function isEntraIssuer(url: string): boolean {
  return tenantIn(url) !== undefined;
}

/** The tenant's id, `common` or `organizations`; undefined where it is named by a domain, or not at all. */
function tenantIn(issuer: string): string | undefined {
  const [name] = new URL(issuer).pathname.toLowerCase().split('/').filter(Boolean);
  const tenant = name === 'consumers' ? personalTenant : (name ?? '');
  const isKnown = ['common', 'organizations'].includes(tenant) || guid.exec(tenant)?.[0] === tenant;
  return isKnown ? tenant : undefined;
}

/**
 * The authority that the settings name as issuer, and the same tenants' authority of the other version: which version
 * an access token has is up to the app registration, and each is checked by the document of its own version
 * (https://learn.microsoft.com/entra/identity-platform/access-tokens#v10-and-v20-tokens).
 *
 * Throws `settings_invalid` where the tenant is named by a domain, since its tokens name it by id.
 */
export function entraAuthorities(configured: string): { readonly own: EntraAuthority; readonly other: EntraAuthority } {
  const { origin, hostname, pathname } = new URL(configured);
  const [name = '', version] = pathname.toLowerCase().split('/').filter(Boolean);
  const tenant = tenantIn(configured);
  const isMany = tenant === 'common' || tenant === 'organizations';
  if (tenant === undefined) {
    const detail = 'openIdIssuer of Entra ID names no tenant by its id, nor common, organizations or consumers';
    throw new TokenkeepError('settings_invalid', { detail });
  }
  const inIssuer = isMany ? placeholder : tenant;
  const { login, sts } = cloudOf(hostname, inIssuer, origin);
  const common = { tenant: isMany ? undefined : tenant, hasPersonalAccounts: tenant !== 'organizations' };
  const discoveredAt = (address: string) => `${address}/.well-known/openid-configuration`;
  const v1 = { version: 1, issuer: `${sts}/${inIssuer}/`, wellKnown: discoveredAt(`${login}/${name}`) } as const;
  const v2 = {
    version: 2,
    issuer: `${login}/${inIssuer}/v2.0`,
    wellKnown: discoveredAt(`${login}/${name}/v2.0`),
  } as const;
  const [own, other] = version === 'v2.0' ? [v2, v1] : [v1, v2];
  const wellKnown = discoveredAt(configured.replace(/\/$/, ''));
  return { own: { ...common, ...own, wellKnown }, other: { ...common, ...other } };
}

/** A host of no cloud is an external tenant's, whose issuer has the id as its subdomain, or somebody's own. */
function cloudOf(hostname: string, tenant: string, origin: string): Omit<Cloud, 'hosts'> {
  const cloud = clouds.find(({ hosts }) => hosts.includes(hostname));
  if (cloud) return cloud;
  const external = `https://${tenant}.ciamlogin.com`;
  return hostname.endsWith('.ciamlogin.com') ? { login: external, sts: external } : { login: origin, sts: origin };
}

/** The tenant whose issuer this is; undefined where the authority does not speak for it. */
export function tenantOf({ issuer, hasPersonalAccounts }: EntraAuthority, iss: unknown): string | undefined {
  const tenant = typeof iss === 'string' ? guid.exec(iss)?.[0] : undefined;
  if (tenant === undefined || iss !== issuer.replaceAll(placeholder, tenant)) return undefined;
  return tenant === personalTenant && !hasPersonalAccounts ? undefined : tenant;
}

/**
 * Tokens name the issuer of their tenant, and in `tid` the same tenant
 * (https://learn.microsoft.com/entra/identity-platform/access-tokens#multi-tenant-applications). Without the scope
 * `profile` there may be no `tid`.
 */
export function tenantRule(authority: EntraAuthority): IssuerRule {
  return (_metadata, { iss, tid }) => {
    const tenant = tenantOf(authority, iss);
    return tenant !== undefined && (tid === undefined || tid === tenant);
  };
}

/** The issuer of this tenant at this authority. */
export function issuerOf({ issuer }: EntraAuthority, tenant: string): string {
  return issuer.replaceAll(placeholder, tenant);
}
