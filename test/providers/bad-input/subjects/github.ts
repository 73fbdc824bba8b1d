import { Secret } from '../../../../shared/telemetry/secret.ts';
import { type GitHubImpersonator, github, startGitHub } from '../../impersonators/github.ts';
import type { Subject } from '../subject.ts';

export function githubSubject(title: string, kind: 'oauth-app' | 'github-app'): Subject {
  let server: GitHubImpersonator;
  const issue = (clientId = github.clientId) => {
    server.kind = kind;
    return server.issue({ clientId, expires: kind === 'github-app' }).accessToken;
  };
  return {
    title,
    name: 'github',
    async start() {
      server = await startGitHub();
      server.kind = kind;
      return server;
    },
    settings: (secret = github.clientSecret) => ({
      kind: 'github',
      name: 'github',
      clientId: github.clientId,
      secret: new Secret('client_secret', secret),
      scopes: ['user:email'],
      loginParameters: {},
      endpoints: server.endpoints,
    }),
    tokenPath: '/login/oauth/access_token',
    callbackPaths: ['/api/user', '/api/user/emails'],
    offline: kind === 'github-app' ? '' : undefined,
    revoke: () => server.expireAll(),
    brings: [
      {
        what: 'an access token',
        body: () => ({ access_token: issue() }),
        asks: [`/api/applications/${github.clientId}/token`, '/api/user', '/api/user/emails'],
        // GitHub says the same of both.
        wrongSecret: [401, 'client_token_refused'],
      },
    ],
    refuses: [
      ['no access token', () => ({ id_token: 'eyJhbGciOiJSUzI1NiJ9.e30.x' }), 400, 'client_token_missing'],
      ['an access token of another app', () => ({ access_token: issue('another-app') }), 401, 'client_token_refused'],
      [
        'an access token that has ended',
        () => {
          const access_token = issue();
          server.expireAll();
          return { access_token };
        },
        401,
        'client_token_refused',
      ],
      ['an access token that was changed', () => ({ access_token: `${issue()}0` }), 401, 'client_token_refused'],
      ['a text that is no access token', () => ({ access_token: 'no-such-token' }), 401, 'client_token_refused'],
    ],
  };
}
