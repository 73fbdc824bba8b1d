import * as z from 'zod';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { isSecureOrLoopback } from '../../http/loopback.ts';
import type { Clock } from '../../platform.ts';
import { apiRefusal } from '../oauth/api-answer.ts';

/**
 * What is used of a provider's metadata (OpenID Connect Discovery 1.0 section 3, RFC 8414, RFC 9207, RP-Initiated
 * Logout 1.0 section 2.1).
 */
export interface Metadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly userinfoEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly endSessionEndpoint?: string;
  /** Whether every authorization response carries `iss`. */
  readonly issuerInResponse: boolean;
  readonly signingAlgorithms?: readonly string[];
}

/** A discovery document is used for an hour. */
const fresh = 3_600_000;
/** While the provider does not answer, the last one is used for a day; it is asked again at most once a minute. */
const stale = 24 * fresh;
const retry = 60_000;

const endpoint = z.string().refine((url) => URL.canParse(url) && isSecureOrLoopback(new URL(url)), 'must be https');

const document = z.object({
  issuer: z.string(),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  jwks_uri: endpoint,
  userinfo_endpoint: endpoint.optional(),
  revocation_endpoint: endpoint.optional(),
  end_session_endpoint: endpoint.optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
});

/**
 * The provider's metadata, fetched on first use and kept. The issuer in it must be `issuer` where that is configured,
 * else the one whose well-known address was asked (Discovery section 4.3), with or without a slash at its end.
 *
 * Throws `provider_unavailable`, `provider_misconfigured` (another issuer, or no document there) or
 * `provider_response_invalid`.
 */
export function discovered(
  wellKnown: string,
  issuer: string | undefined,
  fetch: typeof globalThis.fetch,
  clock: Clock,
): () => Promise<Metadata> {
  let kept: { readonly metadata: Metadata; readonly at: number; readonly tried: number } | undefined;
  let loading: Promise<Metadata> | undefined;

  async function load(): Promise<Metadata> {
    const response = await fetch(wellKnown, { headers: { accept: 'application/json' } });
    if (!response.ok) throw apiRefusal(response, 'discovery');
    const parsed = document.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) {
      const where = parsed.error.issues[0]?.path.join('.') || 'the document';
      throw new TokenkeepError('provider_response_invalid', { detail: `discovery: ${where} is missing or wrong` });
    }
    const asked = wellKnown.replace(/\/\.well-known\/openid-configuration$/, '');
    const expected = issuer === undefined ? [asked, `${asked}/`] : [issuer];
    if (!expected.includes(parsed.data.issuer)) {
      throw new TokenkeepError('provider_misconfigured', { detail: 'discovery states another issuer than configured' });
    }
    const metadata = fromDocument(parsed.data);
    kept = { metadata, at: clock.now(), tried: clock.now() };
    return metadata;
  }

  return async () => {
    if (kept && clock.now() - kept.at < fresh) return kept.metadata;
    if (kept && clock.now() - kept.at < stale && clock.now() - kept.tried < retry) return kept.metadata;
    loading ??= load().finally(() => {
      loading = undefined;
    });
    const last = kept;
    if (!last || clock.now() - last.at >= stale) return loading;
    kept = { ...last, tried: clock.now() };
    return loading.catch(() => last.metadata);
  };
}

function fromDocument(found: z.infer<typeof document>): Metadata {
  return {
    issuer: found.issuer,
    authorizationEndpoint: found.authorization_endpoint,
    tokenEndpoint: found.token_endpoint,
    jwksUri: found.jwks_uri,
    issuerInResponse: found.authorization_response_iss_parameter_supported ?? false,
    ...(found.userinfo_endpoint === undefined ? {} : { userinfoEndpoint: found.userinfo_endpoint }),
    ...(found.revocation_endpoint === undefined ? {} : { revocationEndpoint: found.revocation_endpoint }),
    ...(found.end_session_endpoint === undefined ? {} : { endSessionEndpoint: found.end_session_endpoint }),
    ...(found.id_token_signing_alg_values_supported === undefined
      ? {}
      : { signingAlgorithms: found.id_token_signing_alg_values_supported }),
  };
}
