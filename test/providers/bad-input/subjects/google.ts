import { Secret } from '../../../../shared/telemetry/secret.ts';
import { elisa, type GoogleImpersonator, google, startGoogle } from '../../impersonators/google.ts';
import { type Body, type Subject, spoiltBodies, spoiltIdToken, tokenAnswer } from '../subject.ts';

export function googleSubject(): Subject {
  let server: GoogleImpersonator;
  const [tokenPath, keys] = ['/token', '/oauth2/v3/certs'];
  const withCode = async (authorization_code: string): Promise<Body> => ({
    id_token: await server.idToken(),
    authorization_code,
  });
  return {
    title: 'Google',
    name: 'google',
    async start() {
      server = await startGoogle();
      return server;
    },
    settings: (secret = google.clientSecret) => ({
      kind: 'google',
      name: 'google',
      clientId: google.clientId,
      credential: { kind: 'secret', secret: new Secret('client_secret', secret), method: 'client_secret_post' },
      scopes: ['openid', 'profile', 'email'],
      loginParameters: {},
      allowedAudiences: [],
      endpoints: server.endpoints,
    }),
    tokenPath,
    callbackPaths: [keys, '/v1/userinfo'],
    offline: '?access_type=offline&prompt=consent',
    revoke: () => server.endAll(),
    async spoilIdToken(spoiling, nonce) {
      server.fail(tokenPath, tokenAnswer(await spoiltIdToken(spoiling, server.idToken, nonce)));
    },
    brings: [
      { what: 'an ID token', body: async () => ({ id_token: await server.idToken() }), asks: [keys] },
      {
        what: 'an ID token and a code',
        body: () => withCode(server.serverCode()),
        asks: [tokenPath],
        wrongSecret: [502, 'provider_misconfigured'],
      },
    ],
    refuses: [
      ['no ID token', () => ({ access_token: 'ya29.an-access-token' }), 400, 'client_token_missing'],
      ...spoiltBodies((spoiling) => spoiltIdToken(spoiling, server.idToken)),
      ['a code that is none', () => withCode('4/never-given-out'), 401, 'client_token_refused'],
      [
        'a code for a page',
        () => withCode(server.serverCode({ redirectUris: ['postmessage'] })),
        401,
        'client_token_refused',
      ],
      [
        'a code of another user',
        async () => {
          server.user = { ...elisa, sub: '42' };
          const code = server.serverCode();
          server.user = elisa;
          return withCode(code);
        },
        401,
        'client_token_refused',
      ],
    ],
  };
}
