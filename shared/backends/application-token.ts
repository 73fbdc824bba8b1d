import type { Claims } from '../providers/provider.ts';
import type { BackendSettings } from '../settings/settings.ts';

/** Header and claims of a token that a program has got for itself. */
export interface TokenParts {
  readonly header: { readonly typ?: string | undefined };
  readonly claims: Claims;
}

/** How an issuer's tokens tell whose they are. */
export interface ApplicationRules {
  /** Why a token is no application's own; undefined where it is one. */
  refusal(token: TokenParts): string | undefined;
  applicationId(claims: Claims): unknown;
  /** Whether the issuer's administrator has let this application ask. */
  isEntitled(claims: Claims, backend: BackendSettings): boolean;
}

/**
 * Entra ID: no scopes, and a subject that is the application's own object; `idtyp` where the API asks for that claim
 * (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference). Which claim has the client id is
 * up to the version of the token.
 */
export const entraRules: ApplicationRules = {
  refusal({ claims: { scp, idtyp, sub, oid } }) {
    const isOwn = scp === undefined && (idtyp === undefined || idtyp === 'app') && sub === oid;
    return isOwn ? undefined : "it is a user's";
  },
  applicationId: ({ ver, azp, appid }) => (ver === '1.0' ? appid : azp),
  isEntitled: ({ roles }, { role }) => Array.isArray(roles) && role !== undefined && roles.includes(role),
};

/** Issuers of RFC 9068: section 2.2 has `client_id`, and `sub` equal to it where no user is involved; section 4 `typ`. */
export const oauthRules: ApplicationRules = {
  refusal({ header: { typ = '' }, claims: { sub, client_id } }) {
    if (!/^(application\/)?at\+jwt$/i.test(typ)) return 'it is no access token (typ at+jwt)';
    return sub === client_id ? undefined : "it is a user's";
  },
  applicationId: ({ client_id }) => client_id,
  isEntitled: ({ scope: granted }, { scope }) =>
    typeof granted === 'string' && scope !== undefined && granted.split(' ').includes(scope),
};
