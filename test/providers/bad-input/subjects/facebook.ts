import { Secret } from '../../../../shared/telemetry/secret.ts';
import { type FacebookImpersonator, facebook, startFacebook } from '../../impersonators/facebook.ts';
import type { Subject } from '../subject.ts';

export function facebookSubject(): Subject {
  let server: FacebookImpersonator;
  const at = (path: string) => `/${facebook.version}/${path}`;
  const ended = (subcode: number) => () => {
    const access_token = server.issue();
    server.endAll(subcode);
    return { access_token };
  };
  return {
    title: 'Facebook',
    name: 'facebook',
    async start() {
      server = await startFacebook();
      return server;
    },
    settings: (secret = facebook.appSecret) => ({
      kind: 'facebook',
      name: 'facebook',
      clientId: facebook.appId,
      secret: new Secret('client_secret', secret),
      graphVersion: facebook.version,
      scopes: ['public_profile', 'email'],
      loginParameters: {},
      endpoints: server.endpoints,
    }),
    tokenPath: at('oauth/access_token'),
    callbackPaths: [at('me')],
    offline: '',
    revoke: () => server.endAll(458),
    brings: [
      {
        what: 'an access token',
        body: () => ({ access_token: server.issue() }),
        asks: [at('debug_token'), at('oauth/access_token'), at('me')],
        wrongSecret: [502, 'provider_misconfigured'],
      },
    ],
    refuses: [
      ['no access token', () => ({ id_token: 'eyJhbGciOiJSUzI1NiJ9.e30.x' }), 400, 'client_token_missing'],
      [
        'an access token of another app',
        () => ({ access_token: server.issue({ appId: '999' }) }),
        401,
        'client_token_refused',
      ],
      [
        'an access token of a page',
        () => ({ access_token: server.issue({ type: 'PAGE' }) }),
        401,
        'client_token_refused',
      ],
      [
        'an access token that has expired',
        () => ({ access_token: server.issue({ expiresAt: 1_000 }) }),
        401,
        'client_token_refused',
      ],
      ['an access token of a user who removed the app', ended(458), 401, 'client_token_refused'],
      ['an access token from before a new password', ended(460), 401, 'client_token_refused'],
      ['an access token that was changed', () => ({ access_token: `${server.issue()}0` }), 401, 'client_token_refused'],
    ],
  };
}
