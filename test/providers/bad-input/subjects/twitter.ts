import { Secret } from '../../../../shared/telemetry/secret.ts';
import { startTwitter, type TwitterImpersonator, xApp } from '../../impersonators/twitter.ts';
import type { Subject } from '../subject.ts';

export function twitterSubject(): Subject {
  let server: TwitterImpersonator;
  const [tokenPath, userPath] = ['/2/oauth2/token', '/2/users/me'];
  const legacy = (changes: object = {}) => {
    const { key, secret } = server.legacyToken;
    return { access_token: key, access_token_secret: secret, ...changes };
  };
  return {
    title: 'X by OAuth 2.0',
    name: 'twitter',
    async start() {
      server = await startTwitter();
      return server;
    },
    settings: (value = xApp.clientSecret) => ({
      kind: 'twitter',
      name: 'twitter',
      clientId: xApp.clientId,
      credential: { kind: 'secret', secret: new Secret('client_secret', value), method: 'client_secret_basic' },
      scopes: ['tweet.read', 'users.read', 'offline.access'],
      loginParameters: {},
      endpoints: server.endpoints,
    }),
    tokenPath,
    callbackPaths: [userPath],
    offline: '',
    revoke: () => server.expireAll(),
    brings: [
      {
        what: 'a refresh token',
        body: () => ({ refresh_token: server.issue().refreshToken }),
        asks: [tokenPath, userPath],
        wrongSecret: [502, 'provider_misconfigured'],
      },
      {
        what: 'a token of OAuth 1.0a',
        body: () => legacy(),
        asks: [tokenPath],
        wrongSecret: [502, 'provider_misconfigured'],
      },
    ],
    refuses: [
      ['an access token alone', () => ({ access_token: server.issue().accessToken }), 400, 'client_token_missing'],
      [
        'a refresh token of another app',
        () => ({ refresh_token: server.issue('another-app').refreshToken }),
        401,
        'client_token_refused',
      ],
      [
        'a refresh token that was revoked',
        () => {
          const refresh_token = server.issue().refreshToken;
          server.expireAll();
          return { refresh_token };
        },
        401,
        'client_token_refused',
      ],
      [
        'a refresh token that was changed',
        () => ({ refresh_token: `${server.issue().refreshToken}0` }),
        401,
        'client_token_refused',
      ],
      [
        'a token of OAuth 1.0a with the secret of another',
        () => legacy({ access_token_secret: 'of-another-token' }),
        401,
        'client_token_refused',
      ],
      [
        'a token of OAuth 1.0a of another app',
        () => legacy({ access_token: '42-of-another-app' }),
        401,
        'client_token_refused',
      ],
    ],
  };
}
