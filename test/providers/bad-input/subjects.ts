import { adele, type EntraUser, entra, personalUser } from '../impersonators/entra-id.ts';
import type { Subject } from './subject.ts';
import { appleSubject } from './subjects/apple.ts';
import { entraSubject } from './subjects/entra-id.ts';
import { facebookSubject } from './subjects/facebook.ts';
import { githubSubject } from './subjects/github.ts';
import { googleSubject } from './subjects/google.ts';
import { openIdConnectSubject } from './subjects/openid-connect.ts';
import { twitterSubject } from './subjects/twitter.ts';
import { twitterOAuth1Subject } from './subjects/twitter-oauth1.ts';

const fabrikam: EntraUser = { ...adele, tenant: entra.fabrikam };
const work = { name: 'aad', user: adele, stranger: fabrikam } as const;
const personal = { name: 'microsoftaccount', user: personalUser, stranger: adele } as const;

/** Every provider, in each of its forms. */
export const subjects: readonly Subject[] = [
  entraSubject({ ...work, title: 'Entra ID v2', tenant: entra.contoso, version: 2 }),
  entraSubject({ ...work, title: 'Entra ID v1', tenant: entra.contoso, version: 1 }),
  entraSubject({
    ...work,
    title: 'Entra ID for many tenants',
    tenant: 'organizations',
    version: 2,
    stranger: personalUser,
  }),
  entraSubject({ ...personal, title: 'Microsoft account', tenant: entra.personal, version: 2 }),
  googleSubject(),
  appleSubject(),
  openIdConnectSubject(),
  facebookSubject(),
  githubSubject('GitHub, an OAuth App', 'oauth-app'),
  githubSubject('GitHub, a GitHub App', 'github-app'),
  twitterSubject(),
  twitterOAuth1Subject(),
];
