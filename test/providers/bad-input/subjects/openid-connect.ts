import { type Endpoint, endpointPaths } from '../../../../dev/provider/configuration.ts';
import { type RunningProvider, startProvider } from '../../../../dev/provider/provider.ts';
import { Secret } from '../../../../shared/telemetry/secret.ts';
import { callback as clientCallback } from '../../../dev/provider/client.ts';
import { authorizationRequest, browser, exchange } from '../../../dev/provider/relying-party.ts';
import type { Fault, Received } from '../../impersonators/impersonator.ts';
import { type Spoiling, type Subject, spoiltBodies, type Vendor } from '../subject.ts';

const contoso = {
  client_id: 'tokenkeep-at-contoso',
  client_secret: 'a.client-secret_of-Contoso-and-32-characters',
  redirect_uris: ['http://localhost:7071/.auth/login/contoso/callback', clientCallback],
};
const another = {
  client_id: 'another-app',
  client_secret: 'its-secret-of-at-least-32-characters',
  redirect_uris: [clientCallback],
};

export function openIdConnectSubject(): Subject {
  let server: RunningProvider;
  /** The tokens of a native client of one of the two apps. */
  async function nativeTokens(of = contoso, spoiling?: Spoiling) {
    const request = authorizationRequest(server.issuer, { client_id: of.client_id });
    const visit = await browser().signIn(request.url, { account: 'ada@example.com' });
    if (spoiling) server.control.tamper(spoiling);
    const { id_token, refresh_token } = (await exchange(server.issuer, request, visit, of)).body;
    return { id_token, refresh_token };
  }
  const idToken = async (spoiling?: Spoiling) => (await nativeTokens(contoso, spoiling)).id_token;
  const { token, discovery, jwks, userinfo } = endpointPaths;
  return {
    title: 'OpenID Connect',
    name: 'contoso',
    async start() {
      server = await startProvider({ clients: [contoso, another] });
      return vendor(server);
    },
    settings: (secret = contoso.client_secret) => ({
      kind: 'openid-connect',
      name: 'contoso',
      clientId: contoso.client_id,
      credential: { kind: 'secret', secret: new Secret('client_secret', secret), method: 'client_secret_basic' },
      endpoints: { wellKnown: `${server.issuer}${discovery}` },
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      loginParameters: {},
    }),
    tokenPath: token,
    callbackPaths: [discovery, jwks, userinfo],
    offline: '',
    revoke: () => server.control.revokeAllGrants(),
    spoilIdToken: async (spoiling) => server.control.tamper(spoiling),
    brings: [
      { what: 'an ID token', body: async () => ({ id_token: await idToken() }), asks: [discovery, jwks] },
      {
        what: 'an ID token and a refresh token',
        body: () => nativeTokens(),
        asks: [token],
        wrongSecret: [502, 'provider_misconfigured'],
      },
    ],
    refuses: [
      ['nothing', () => ({}), 400, 'client_token_missing'],
      [
        'an access token that is no JWT',
        () => ({ access_token: 'an-opaque-access-token' }),
        401,
        'client_token_refused',
      ],
      ...spoiltBodies(idToken),
      [
        'a refresh token of another app',
        async () => {
          const { refresh_token } = await nativeTokens(another);
          return { id_token: await idToken(), refresh_token };
        },
        401,
        'client_token_refused',
      ],
      [
        'a refresh token that was revoked',
        async () => {
          const tokens = await nativeTokens();
          server.control.revokeAllGrants();
          return tokens;
        },
        401,
        'client_token_refused',
      ],
    ],
  };
}

/** The demo provider, to be told to fail as the impersonators are. */
function vendor({ control, counters, close }: RunningProvider): Vendor {
  const endpoints = Object.entries(endpointPaths) as [Endpoint, string][];
  return {
    fail(path: string, fault: Fault) {
      const endpoint = endpoints.find(([, one]) => one === path)?.[0];
      if (!endpoint) throw new Error(`no endpoint at ${path}`);
      if (fault === 'cut') control.fail(endpoint, {});
      else if (fault === 'silence') control.fail(endpoint, { delayMs: Number.POSITIVE_INFINITY });
      else control.fail(endpoint, { status: 200, ...fault });
    },
    /** As many as were counted. */
    get received(): Received[] {
      return endpoints.flatMap(([endpoint, path]) => {
        const url = new URL(path, 'http://localhost');
        const one = { method: 'GET', url, headers: {}, body: '', form: new URLSearchParams() };
        return Array.from({ length: counters.requests[endpoint] }, () => one);
      });
    },
    clear: () => control.clear(),
    close,
  };
}
