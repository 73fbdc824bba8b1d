import type { ProviderSettings } from '../../../../shared/providers/registry.ts';
import { clientSecret, entraSettings } from '../../impersonators/entra-client.ts';
import { type EntraImpersonator, type EntraUser, entra, startEntra } from '../../impersonators/entra-id.ts';
import { type Subject, spoiltBodies, spoiltIdToken, tokenAnswer } from '../subject.ts';

export interface EntraForm {
  readonly title: string;
  readonly name: 'aad' | 'microsoftaccount';
  /** As the issuer in the settings names it. */
  readonly tenant: string;
  readonly version: 1 | 2;
  readonly user: EntraUser;
  /** Of a tenant that this registration is not for. */
  readonly stranger: EntraUser;
}

export function entraSubject({ title, name, tenant, version, user, stranger }: EntraForm): Subject {
  let server: EntraImpersonator;
  const isPersonal = name === 'microsoftaccount';
  const sign = (changes: object, by = user) =>
    server.keys[by.tenant === entra.personal ? 'personal' : 'tenants'].sign({
      ...server.claims(by, version),
      ...changes,
    });
  const root = `/${tenant}${version === 1 ? '' : '/v2.0'}`;
  const discovery = `${root}/.well-known/openid-configuration`;
  const keys = `/${tenant}/discovery/${version === 1 ? '' : 'v2.0/'}keys`;
  const tokenPath = `/${tenant}/oauth2/${version === 1 ? '' : 'v2.0/'}token`;
  const withRefreshToken = async (refresh_token: string) => ({ id_token: await sign({}), refresh_token });
  return {
    title,
    name,
    async start() {
      server = await startEntra();
      server.user = user;
      return server;
    },
    settings(secret): ProviderSettings {
      const credential = clientSecret(secret ?? entra.clientSecret);
      const loginParameters = { scope: `openid profile offline_access api://${entra.clientId}/access` };
      const changes = { credential, issuer: server.issuer(tenant, version), loginParameters };
      if (!isPersonal) return entraSettings(server, changes);
      const { allowed: _lists, ...settings } = entraSettings(server, changes);
      return { ...settings, kind: 'microsoft-account', name };
    },
    tokenPath,
    callbackPaths: [discovery, keys],
    offline: '',
    revoke: () => server.revokeAll(),
    async spoilIdToken(spoiling, nonce) {
      server.fail(tokenPath, tokenAnswer(await spoiltIdToken(spoiling, sign, nonce)));
    },
    brings: [
      { what: 'an ID token', body: async () => ({ id_token: await sign({}) }), asks: [discovery, keys] },
      {
        what: 'an ID token and a refresh token',
        body: () => withRefreshToken(server.issue(user)),
        asks: [tokenPath],
        wrongSecret: [502, 'provider_misconfigured'],
      },
    ],
    refuses: [
      ['nothing', () => ({}), 400, 'client_token_missing'],
      ['an access token of Graph', () => ({ access_token: 'EwBwA8l6opaque-token' }), 401, 'client_token_refused'],
      ...spoiltBodies((spoiling) => spoiltIdToken(spoiling, sign)),
      [
        'an ID token of somebody from another tenant',
        async () => ({ id_token: await sign({}, stranger) }),
        401,
        'client_token_refused',
      ],
      [
        'a refresh token of another app',
        () => withRefreshToken(server.issue(user, 'another-app')),
        401,
        'client_token_refused',
      ],
      [
        'a refresh token that was revoked',
        () => {
          const refreshToken = server.issue(user);
          server.revokeAll();
          return withRefreshToken(refreshToken);
        },
        401,
        'client_token_refused',
      ],
    ],
  };
}
