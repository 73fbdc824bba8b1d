import { machine } from '../../../shared/platform.ts';
import { type EntraIdSettings, entraIdProvider } from '../../../shared/providers/entra-id/entra-id.ts';
import type { AuthorizationRequest, Provider, ProviderParts, SignedIn } from '../../../shared/providers/provider.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type EntraImpersonator, entra } from './entra-id.ts';

export const clientSecret = (value: string): EntraIdSettings['credential'] => ({
  kind: 'secret',
  secret: new Secret('client_secret', value),
  method: 'client_secret_post',
});

/** Settings as the loader gives them for one tenant with v2, with these changes. */
export function entraSettings(server: EntraImpersonator, changes: Partial<EntraIdSettings> = {}): EntraIdSettings {
  return {
    kind: 'entra-id',
    name: 'aad',
    clientId: entra.clientId,
    credential: clientSecret(entra.clientSecret),
    issuer: server.issuer(entra.contoso),
    scopes: ['openid', 'profile', 'email'],
    loginParameters: {},
    allowedAudiences: [],
    allowed: {},
    ...changes,
  };
}

/** The provider with settings that ask for a refresh token. */
export function entraClient(
  server: EntraImpersonator,
  changes: Partial<EntraIdSettings> = {},
  parts: Partial<ProviderParts> = {},
): Provider {
  const loginParameters = { scope: 'openid profile email offline_access' };
  return entraIdProvider(entraSettings(server, { loginParameters, ...changes }), { ...machine, ...parts });
}

export const attempt = { redirectUri: entra.callback, nonce: 'the-nonce', codeVerifier: 'v'.repeat(43) };
export const request: AuthorizationRequest = { ...attempt, state: 'the-state', extra: {} };

/** Signs the user in at the impersonator, and gives what comes back. */
export async function authorized(
  by: Provider,
  changes: Partial<AuthorizationRequest> = {},
): Promise<Record<string, string>> {
  const { url } = await by.authorizationUrl({ ...request, ...changes });
  const response = await fetch(url, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location === null) throw new Error(`no way back: ${await response.text()}`);
  return Object.fromEntries(new URL(location).searchParams);
}

export async function signIn(by: Provider, changes: Partial<AuthorizationRequest> = {}): Promise<SignedIn> {
  const { redirectUri, nonce, codeVerifier } = { ...attempt, ...changes };
  return by.redeem({ redirectUri, nonce, codeVerifier, parameters: await authorized(by, changes) });
}
