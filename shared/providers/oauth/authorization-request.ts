import { createHash } from 'node:crypto';
import { firstText } from '../claims.ts';
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
 * 4.3). The app may ask for other scopes; `openid` stays. Of an account that is connected already the sign-in page is told,
 * so that the user chooses it again.
 */
export function authorizationParameters(
  settings: RequestSettings,
  request: AuthorizationRequest,
  responseMode?: 'form_post',
): Record<string, string> {
  const hint = request.addsTo && firstText(request.addsTo.claims, 'email', 'preferred_username');
  return {
    ...(hint === undefined ? {} : { login_hint: hint }),
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
  const scopes = request.addsTo
    ? union(
        required,
        words(settings.loginParameters['scope']) ?? settings.scopes,
        request.addsTo.scopes,
        words(request.extra['scope']) ?? [],
      )
    : scope === undefined
      ? settings.scopes
      : union(required, words(scope) ?? []);
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

/**
 * The resources of an authorization request: several are divided by spaces, which no address has in it, and are sent one
 * by one (RFC 8707 section 2).
 */
export function requestedResources(
  { loginParameters }: Pick<RequestSettings, 'loginParameters'>,
  { extra, addsTo }: AuthorizationRequest,
): readonly string[] {
  const [configured, asked] = [words(loginParameters['resource']), words(extra['resource'])];
  return addsTo ? union(configured ?? [], addsTo.resources, asked ?? []) : (asked ?? configured ?? []);
}

/** The address of an authorization request: the endpoint's, whatever its query has, with these parameters. */
export function authorizationAddress(endpoint: string, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

function words(list: string | undefined): readonly string[] | undefined {
  return list?.split(' ').filter((one) => one !== '');
}

function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())];
}
