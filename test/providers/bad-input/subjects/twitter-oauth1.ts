import { Secret } from '../../../../shared/telemetry/secret.ts';
import { consumer, startTwitterOAuth1, type TwitterOAuth1Impersonator } from '../../impersonators/twitter-oauth1.ts';
import type { Subject } from '../subject.ts';

export function twitterOAuth1Subject(): Subject {
  let server: TwitterOAuth1Impersonator;
  const verify = '/1.1/account/verify_credentials.json';
  const issue = (consumerKey?: string) => {
    const { key, secret } = server.issue(consumerKey);
    return { access_token: key, access_token_secret: secret };
  };
  return {
    title: 'X by OAuth 1.0a',
    name: 'twitter',
    async start() {
      server = await startTwitterOAuth1();
      return server;
    },
    settings: (secret = consumer.secret) => ({
      kind: 'twitter-oauth1',
      name: 'twitter',
      consumerKey: consumer.key,
      consumerSecret: new Secret('client_secret', secret),
      endpoints: server.endpoints,
    }),
    tokenPath: '/oauth/access_token',
    callbackPaths: [verify],
    needsSecretFirst: true,
    offline: undefined,
    revoke: () => server.endAll(),
    brings: [
      {
        what: 'an access token and its secret',
        body: () => issue(),
        asks: [verify],
        // X says the same of both.
        wrongSecret: [401, 'client_token_refused'],
      },
    ],
    refuses: [
      ['nothing', () => ({}), 400, 'client_token_missing'],
      ['no secret', () => ({ access_token: issue().access_token }), 400, 'client_token_missing'],
      ['a token of another consumer', () => issue('another-consumer'), 401, 'client_token_refused'],
      [
        'a secret of another token',
        () => ({ ...issue(), access_token_secret: issue().access_token_secret }),
        401,
        'client_token_refused',
      ],
      [
        'a token that was changed',
        () => ({ ...issue(), access_token: '6253282-changed-on-its-way' }),
        401,
        'client_token_refused',
      ],
      [
        'a token that was revoked',
        () => {
          const body = issue();
          server.endAll();
          return body;
        },
        401,
        'client_token_refused',
      ],
    ],
  };
}
