import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';

/** The resource servers that access tokens can be had for (RFC 8707), each with its scopes. */
const demoResources: Readonly<Record<string, string>> = {
  'api://tokenkeep': 'tokens.read',
  'urn:demo:calendar': 'calendar.read calendar.write',
  'urn:demo:files': 'files.read',
};

/** What may be asked for without naming a resource as well; the access token is opaque then. */
export const plainScopes = ['calendar.read', 'calendar.write', 'files.read'];

/**
 * Access tokens for a resource are JWTs (RFC 9068), signed RS256, with the resource as their audience. They hold those
 * of its scopes that were asked for.
 *
 * @throws errors.InvalidTarget for any other resource.
 */
export function resourceServer(_ctx: KoaContextWithOIDC, resource: string): ResourceServer {
  const scope = demoResources[resource];
  if (scope === undefined) throw new errors.InvalidTarget('unknown resource');
  return { scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
}
