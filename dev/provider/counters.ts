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
  /** Answers 200 of the revocation endpoint. RFC 7009 gives that answer for an unknown token too. */
  revocations: number;
  /** Sign-outs that ended a browser session here, or this client's part in one. */
  signOuts: number;
}

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
    revocations: 0,
    signOuts: 0,
  };
}

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
  provider.on('grant.success', (ctx) => {
    counters[ctx.oidc.params?.grant_type === 'refresh_token' ? 'refreshGrants' : 'codeGrants'] += 1;
  });
  provider.on('grant.error', (ctx) => {
    const grantType = ctx.oidc.params?.grant_type;
    if (grantType === 'refresh_token') counters.refreshRefused += 1;
    if (grantType === 'authorization_code') counters.codesRefused += 1;
  });
}

/** Counts what is answered at the revocation endpoint, for which oidc-provider has no event. */
export function countRevocations(counters: ProviderCounters) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (ctx.path === endpointPaths.revocation && ctx.method === 'POST' && ctx.status === 200) counters.revocations += 1;
  };
}
