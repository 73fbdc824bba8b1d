/** Claim types that .NET and App Service know under long names, and existing servers look claims up by. */
const ws = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
const ms = 'http://schemas.microsoft.com/identity/claims/';

export const claimType = {
  nameIdentifier: `${ws}nameidentifier`,
  name: `${ws}name`,
  emailAddress: `${ws}emailaddress`,
  givenName: `${ws}givenname`,
  surname: `${ws}surname`,
  upn: `${ws}upn`,
  gender: `${ws}gender`,
  webpage: `${ws}webpage`,
  objectIdentifier: `${ms}objectidentifier`,
  tenantId: `${ms}tenantid`,
  identityProvider: `${ms}identityprovider`,
  scope: `${ms}scope`,
  authenticationMethods: 'http://schemas.microsoft.com/claims/authnmethodsreferences',
  authenticationClass: 'http://schemas.microsoft.com/claims/authnclassreference',
  role: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
} as const;

/** How .NET's inbound claim type map, as far as App Service uses it, renames the claims of an ID token. */
export const idTokenClaimTypes: Readonly<Record<string, string>> = {
  sub: claimType.nameIdentifier,
  email: claimType.emailAddress,
  given_name: claimType.givenName,
  family_name: claimType.surname,
  unique_name: claimType.name,
  upn: claimType.upn,
  oid: claimType.objectIdentifier,
  tid: claimType.tenantId,
  idp: claimType.identityProvider,
  amr: claimType.authenticationMethods,
};

/** The type of an ID token's claim. */
export function claimTypeOf(name: string): string {
  return Object.hasOwn(idTokenClaimTypes, name) ? (idTokenClaimTypes[name] ?? name) : name;
}

/** The name in the ID token of a claim that is given by its type, or by its name already. */
export function claimNameOf(type: string): string {
  return Object.entries(idTokenClaimTypes).find(([, known]) => known === type)?.[0] ?? type;
}
