import { createHash } from 'node:crypto';
import type { AuthorizationRequest } from '../provider.ts';

/** What a registration adds to every authorization request. */
export interface RequestSettings {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Sent with every authorization request, before what the app adds. */
  readonly loginParameters: Readonly<Record<string, string>>;
}

/** What auth.json says of a provider with rules of its own, secrets resolved. */
export interface Registration<Kind extends string> extends RequestSettings {
  readonly kind: Kind;
  readonly name: string;
}

/**
 * The parameters of an OpenID Connect authorization request (Core 1.0 section 3.1.2.1) with PKCE (RFC 7636 section
 * 4.3). The app may ask for other scopes; `openid` stays.
 */
export function authorizationParameters(
  settings: RequestSettings,
  request: AuthorizationRequest,
  responseMode?: 'form_post',
): Record<string, string> {
  return {
    ...codeParameters(settings, request, ['openid']),
    nonce: request.nonce,
    ...(responseMode === undefined ? {} : { response_mode: responseMode }),
  };
}

/** The parameters of an OAuth 2.0 authorization request (RFC 6749 section 4.1.1) with PKCE; `required` scopes stay. */
export function codeParameters(
  settings: RequestSettings,
  request: AuthorizationRequest,
  required: readonly string[] = [],
): Record<string, string> {
  const { scope, ...extra } = { ...settings.loginParameters, ...request.extra };
  const asked = scope?.split(' ').filter((one) => one !== '');
  const scopes = [...(asked === undefined ? settings.scopes : new Set([...required, ...asked]))];
  return {
    ...extra,
    response_type: 'code',
    client_id: settings.clientId,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    redirect_uri: request.redirectUri,
    state: request.state,
    code_challenge: createHash('sha256').update(request.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
}

/** The address of an authorization request: the endpoint's, whatever its query has, with these parameters. */
export function authorizationAddress(endpoint: string, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}
