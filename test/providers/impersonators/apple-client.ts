import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { Browser } from '../../../dev/provider/sign-in-client.ts';
import type { ErrorCode } from '../../../shared/errors/table.ts';
import { machine } from '../../../shared/platform.ts';
import { type AppleSettings, appleProvider } from '../../../shared/providers/apple/apple.ts';
import type {
  AuthorizationRequest,
  AuthorizationResponse,
  Provider,
  SignedIn,
} from '../../../shared/providers/provider.ts';
import { type RefreshToken, Secret } from '../../../shared/telemetry/secret.ts';
import { type AppleImpersonator, apple } from './apple.ts';
import type { Fault } from './impersonator.ts';

/** The credential of whoever has the `.p8` file. */
export const withKey = (text = apple.key, changes: { teamId?: string; keyId?: string } = {}) =>
  ({
    kind: 'key',
    teamId: apple.teamId,
    keyId: apple.keyId,
    ...changes,
    key: new Secret('private_key', text),
  }) as const;

/** A client secret as somebody makes it by hand, for half a year. */
export async function handMade(lifetime = 15_000_000, clientId = apple.servicesId) {
  const secret = await new SignJWT({ iss: apple.teamId, sub: clientId, aud: 'https://appleid.apple.com' })
    .setProtectedHeader({ alg: 'ES256', kid: apple.keyId })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + lifetime)
    .sign(createPrivateKey(apple.key));
  return { kind: 'secret', secret: new Secret('client_secret', secret) } as const;
}

/** The provider under test, as a client of the impersonator. */
export function appleClient(server: AppleImpersonator, changes: Partial<AppleSettings> = {}): Provider {
  const settings: AppleSettings = {
    kind: 'apple',
    name: 'apple',
    clientId: apple.servicesId,
    credential: withKey(),
    scopes: ['name', 'email'],
    loginParameters: {},
    allowedAudiences: [apple.bundleId],
    endpoints: server.endpoints,
    ...changes,
  };
  return appleProvider(settings, machine);
}

export const request: AuthorizationRequest = {
  redirectUri: apple.callback,
  state: 'the-state',
  nonce: 'the-nonce',
  codeVerifier: 'v'.repeat(43),
  extra: {},
};

/** What Apple's page posts to the callback. */
export async function authorized(by: Provider): Promise<AuthorizationResponse> {
  const { url } = await by.authorizationUrl(request);
  let posted = new URLSearchParams();
  const browser = new Browser({
    fetch: async (address, init) => {
      if (!address.startsWith(apple.callback)) return fetch(address, init);
      posted = new URLSearchParams(String(init.body));
      return new Response('arrived');
    },
  });
  const { body } = await browser.get(url.href);
  if (body !== 'arrived') throw new Error(body);
  const { redirectUri, nonce, codeVerifier } = request;
  return { parameters: Object.fromEntries(posted), redirectUri, nonce, codeVerifier };
}

export const signIn = async (by: Provider): Promise<SignedIn> => by.redeem(await authorized(by));

export function refreshTokenOf({ tokens: { refreshToken } }: SignedIn): RefreshToken {
  if (!refreshToken) throw new Error('there is no refresh token');
  return refreshToken;
}

/** The forms that came to a path, oldest first. */
export function sentTo(server: AppleImpersonator, path: string): URLSearchParams[] {
  return server.received.filter(({ url }) => url.pathname === path).map(({ form }) => form);
}

/** Each way in which Apple may fail, and what is to be said of it. */
export const outages: readonly [string, Fault, ErrorCode][] = [
  ['fails', { status: 503, body: '<html>' }, 'provider_unavailable'],
  ['is cut off', 'cut', 'provider_unavailable'],
  [
    'sends elsewhere',
    { status: 302, headers: { location: 'https://elsewhere.example/' } },
    'provider_response_invalid',
  ],
  ['sends a page', { status: 200, body: '<html>' }, 'provider_response_invalid'],
];
