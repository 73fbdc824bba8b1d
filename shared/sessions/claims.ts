import type { Claims } from '../token-store/session.ts';

/** One claim as the contract shows it: the value is always text. */
export interface ClaimView {
  readonly typ: string;
  readonly val: string;
}

const ws = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
const ms = 'http://schemas.microsoft.com/identity/claims/';

/**
 * The claim types that App Service shows under their long WS-Federation names; all others keep their own. It is
 * .NET's inbound claim type map, which existing servers look claims up by.
 */
const longNames: Readonly<Record<string, string>> = {
  sub: `${ws}nameidentifier`,
  email: `${ws}emailaddress`,
  given_name: `${ws}givenname`,
  family_name: `${ws}surname`,
  unique_name: `${ws}name`,
  upn: `${ws}upn`,
  oid: `${ms}objectidentifier`,
  tid: `${ms}tenantid`,
  idp: `${ms}identityprovider`,
  amr: 'http://schemas.microsoft.com/claims/authnmethodsreferences',
};

/** Claims in the order of the token; an array becomes one claim an element, an object its JSON. */
export function claimViews(claims: Claims): ClaimView[] {
  return Object.entries(claims).flatMap(([name, value]) => {
    const typ = longNames[name] ?? name;
    const values = Array.isArray(value) ? value : [value];
    return values.filter((one) => one !== null && one !== undefined).map((one) => ({ typ, val: text(one) }));
  });
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
