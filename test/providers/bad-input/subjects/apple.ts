import { type AppleImpersonator, apple, startApple } from '../../impersonators/apple.ts';
import { withKey } from '../../impersonators/apple-client.ts';
import { type Body, type Subject, spoiltBodies, spoiltIdToken, tokenAnswer } from '../subject.ts';

export function appleSubject(): Subject {
  let server: AppleImpersonator;
  const [tokenPath, keys] = ['/auth/token', '/auth/keys'];
  const withCode = async (): Promise<Body> => {
    const { identityToken, authorizationCode } = await server.clientSignIn();
    return { id_token: identityToken, authorization_code: authorizationCode };
  };
  return {
    title: 'Apple',
    name: 'apple',
    async start() {
      server = await startApple();
      return server;
    },
    settings: (secret) => ({
      kind: 'apple',
      name: 'apple',
      clientId: apple.servicesId,
      credential: withKey(apple.key, secret === undefined ? {} : { keyId: 'ANOTHERKEY' }),
      scopes: ['name', 'email'],
      loginParameters: {},
      allowedAudiences: [apple.bundleId],
      endpoints: server.endpoints,
    }),
    tokenPath,
    callbackPaths: [keys],
    offline: '',
    revoke: () => server.withdrawConsent(),
    async spoilIdToken(spoiling, nonce) {
      server.fail(tokenPath, tokenAnswer(await spoiltIdToken(spoiling, server.idToken, nonce)));
    },
    brings: [
      { what: 'an ID token', body: async () => ({ id_token: await server.idToken() }), asks: [keys] },
      {
        what: 'an ID token and a code',
        body: withCode,
        asks: [tokenPath],
        wrongSecret: [502, 'provider_misconfigured'],
      },
    ],
    refuses: [
      ['no ID token', () => ({ access_token: 'an-access-token' }), 400, 'client_token_missing'],
      ...spoiltBodies((spoiling) => spoiltIdToken(spoiling, server.idToken)),
      [
        'a code that is none',
        async () => ({ ...(await withCode()), authorization_code: 'never-given-out' }),
        401,
        'client_token_refused',
      ],
      [
        'a code of another app',
        async () => {
          const { authorizationCode } = await server.clientSignIn({ clientId: 'com.example.another' });
          return { ...(await withCode()), authorization_code: authorizationCode };
        },
        401,
        'client_token_refused',
      ],
    ],
  };
}
