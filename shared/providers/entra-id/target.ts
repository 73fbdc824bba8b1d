import type { Target } from '../provider.ts';
import type { EntraAuthority } from './authority.ts';

/** What a registration asks for at each sign-in. */
interface Asked {
  readonly scopes: readonly string[];
  readonly loginParameters: Readonly<Record<string, string>>;
}

const openIdScopes = new Set(['openid', 'profile', 'email', 'offline_access']);

/**
 * The API that the settings ask for; undefined where they name none. A refresh has to name the app's own, or Entra ID
 * answers AADSTS90009 (https://learn.microsoft.com/answers/questions/192699/confusing-error-message-on-failed-refresh-token-re).
 */
export function configuredTarget({ version }: EntraAuthority, { scopes, loginParameters }: Asked): Target | undefined {
  const { scope, resource } = loginParameters;
  if (version === 1) return resource === undefined ? undefined : { resource };
  const asked = scope?.split(' ').filter(Boolean) ?? scopes;
  const ofApi = asked.filter((one) => !openIdScopes.has(one));
  if (ofApi.length === 0) return undefined;
  return { scope: [...new Set([...ofApi, 'openid', ...asked, 'offline_access'])].join(' ') };
}

/**
 * What to ask for to get an access token for a further API; undefined where the endpoints of v1 have no word for it.
 *
 * v2 has scopes in place of resources: `<resource>/.default` is the same, with two slashes where the resource ends in
 * one (https://learn.microsoft.com/entra/identity-platform/scopes-oidc#trailing-slash-and-default). Without
 * `offline_access` no new refresh token comes along: the old one stays good
 * (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#refresh-the-access-token), and a new one
 * would be for this API where none is named.
 */
export function furtherTarget({ version }: EntraAuthority, { resource, scope }: Target): Target | undefined {
  if (version === 1) return scope === undefined && resource !== undefined ? { resource } : undefined;
  return { scope: scopesOf(resource, scope) };
}

/** A permission is named by its resource and itself, with a slash between them. */
function scopesOf(resource: string | undefined, scope = resource === undefined ? '' : '.default'): string {
  const permissions = scope.split(' ').filter(Boolean);
  const full = (one: string) => (resource === undefined || one.startsWith(`${resource}/`) ? one : `${resource}/${one}`);
  return permissions.map(full).join(' ');
}
