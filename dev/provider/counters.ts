import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { type Endpoint, endpointPaths } from './configuration.ts';

/** What the provider has done since it started. The numbers are live: read them again to see them grow. */
export interface ProviderCounters {
  /** Requests that arrived at each endpoint, those answered by a fault included. */
  requests: Record<Endpoint, number>;
  /** Authorization requests answered with a code. */
  authorizations: number;
  /** Authorization requests answered with an error at the client's redirect address or on a page. */
  authorizationsRefused: number;
  codeGrants: number;
  codesRefused: number;
  refreshGrants: number;
  refreshRefused: number;
  clientCredentialsGrants: number;
  clientCredentialsRefused: number;
  /** Answers 200 of the revocation endpoint. RFC 7009 gives that answer for an unknown token too. */
  revocations: number;
  /** Sign-outs that ended a browser session here, or this client's part in one. */
  signOuts: number;
}

type GrantCounter = Exclude<keyof ProviderCounters, 'requests'>;

export function newCounters(): ProviderCounters {
  const endpoints = Object.keys(endpointPaths) as Endpoint[];
  return {
    requests: Object.fromEntries(endpoints.map((endpoint) => [endpoint, 0])) as Record<Endpoint, number>,
    authorizations: 0,
    authorizationsRefused: 0,
    codeGrants: 0,
    codesRefused: 0,
    refreshGrants: 0,
    refreshRefused: 0,
    clientCredentialsGrants: 0,
    clientCredentialsRefused: 0,
    revocations: 0,
    signOuts: 0,
  };
}

const grantCounters = new Map<unknown, { granted: GrantCounter; refused: GrantCounter }>([
  ['authorization_code', { granted: 'codeGrants', refused: 'codesRefused' }],
  ['refresh_token', { granted: 'refreshGrants', refused: 'refreshRefused' }],
  ['client_credentials', { granted: 'clientCredentialsGrants', refused: 'clientCredentialsRefused' }],
]);

/** Keeps the counters that follow from oidc-provider's own events. */
export function countEvents(provider: Provider, counters: ProviderCounters): void {
  provider.on('authorization.success', () => {
    counters.authorizations += 1;
  });
  provider.on('authorization.error', () => {
    counters.authorizationsRefused += 1;
  });
  provider.on('end_session.success', () => {
    counters.signOuts += 1;
  });
  provider.on('grant.success', ({ oidc }) => {
    const counted = grantCounters.get(oidc.params?.grant_type);
    if (counted) counters[counted.granted] += 1;
  });
  provider.on('grant.error', ({ oidc }) => {
    const counted = grantCounters.get(oidc.params?.grant_type);
    if (counted) counters[counted.refused] += 1;
  });
}

/** Counts what is answered at the revocation endpoint, for which oidc-provider has no event. */
export function countRevocations(counters: ProviderCounters) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (ctx.path === endpointPaths.revocation && ctx.method === 'POST' && ctx.status === 200) counters.revocations += 1;
  };
}
