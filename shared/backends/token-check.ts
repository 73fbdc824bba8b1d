import { decodeJwt, decodeProtectedHeader } from 'jose';
import { isTokenkeepError, TokenkeepError } from '../errors/tokenkeep-error.ts';
import { boundedFetch } from '../http/outbound.ts';
import type { Platform } from '../platform.ts';
import type { BackendSettings } from '../settings/settings.ts';
import { type AccessToken, Secret } from '../telemetry/secret.ts';
import type { TokenParts } from './application-token.ts';
import { issuerOf } from './issuer.ts';

/**
 * Which backend has sent this request: by its own access token in `Authorization: Bearer`, and by nothing else. Throws
 * `backend_token_missing`, `backend_token_refused`, `backend_not_allowed`, and `provider_*` where its issuer cannot be
 * asked for its keys.
 */
export type BackendCheck = (request: Request) => Promise<BackendSettings>;

/** Longer tokens are not looked at, in characters. Entra ID's have some 2,000. */
const longestToken = 8 * 1024;

export function createBackendCheck(
  backends: readonly BackendSettings[],
  { fetch, clock }: Pick<Platform, 'fetch' | 'clock'>,
): BackendCheck {
  const bounded = boundedFetch(fetch);
  const known = backends.map((backend) => ({ backend, issuer: issuerOf(backend, bounded, clock) }));

  return async (request) => {
    const token = bearerToken(request);
    const { header, claims: unverified } = partsOf(token);
    const ofIssuer = known.filter(({ issuer }) => issuer.issued(unverified['iss']));
    // An application that nobody knows is told so only by who has a good token.
    const one =
      ofIssuer.find(({ backend, issuer }) => issuer.rules.applicationId(unverified) === backend.applicationId) ??
      ofIssuer[0];
    if (!one) throw refused('its claim iss is missing or wrong');
    const { backend, issuer } = one;
    const claims = await issuer.verify(token).catch((error: unknown) => {
      if (isTokenkeepError(error, 'client_token_refused')) throw refused(error.detail, error);
      throw error;
    });
    const reason = issuer.rules.refusal({ header, claims });
    if (reason !== undefined) throw refused(reason);
    if (issuer.rules.applicationId(claims) !== backend.applicationId) {
      throw new TokenkeepError('backend_not_allowed', { detail: 'no backend has this application id' });
    }
    if (!issuer.rules.isEntitled(claims, backend)) {
      throw new TokenkeepError('backend_not_allowed', { detail: `its token lacks ${backend.role ?? backend.scope}` });
    }
    return backend;
  };
}

function bearerToken(request: Request): AccessToken {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (token === undefined) throw new TokenkeepError('backend_token_missing');
  if (token.length > longestToken) throw refused('it is too long');
  return new Secret('access_token', token);
}

/** What a token says before it is checked. */
function partsOf(token: AccessToken): TokenParts {
  try {
    return { header: decodeProtectedHeader(token.reveal()), claims: decodeJwt(token.reveal()) };
  } catch {
    throw refused('it is no JWT');
  }
}

function refused(detail?: string, cause?: unknown): TokenkeepError {
  return new TokenkeepError('backend_token_refused', { ...(detail === undefined ? {} : { detail }), cause });
}
