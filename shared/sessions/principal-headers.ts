import { claimType } from '../providers/claim-types.ts';
import type { ClaimTypes } from '../providers/provider.ts';
import type { Entry } from '../token-store/session.ts';
import { type ClaimView, claimViews } from './claims.ts';
import type { EntryView } from './entry-view.ts';

/** What of a provider is needed to say who somebody is. */
export interface PrincipalSource {
  readonly name: string;
  readonly principalId: string;
  readonly displayName: string;
  readonly claimTypes: ClaimTypes;
  readonly legacyClaims: boolean;
}

/** Proxies take no more headers than some 8 KiB by default (nginx: `large_client_header_buffers`). In characters. */
const longestPrincipal = 6 * 1024;

/**
 * The headers in which App Service tells a server who its user is
 * (https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities). Where they would be too
 * long the groups are left out, which are what makes them so.
 */
export function principalHeaders(entry: Entry, source: PrincipalSource): Record<string, string> {
  const claims = claimViews(entry.claims, source.claimTypes, source.legacyClaims);
  const whole = principal(claims, source);
  const value =
    whole.length <= longestPrincipal
      ? whole
      : principal(
          claims.filter(({ typ }) => typ !== 'groups'),
          source,
        );
  return {
    'x-ms-client-principal': value,
    'x-ms-client-principal-id': headerText(source.principalId),
    'x-ms-client-principal-name': headerText(source.displayName),
    'x-ms-client-principal-idp': source.name,
  };
}

/**
 * The headers in which App Service hands a provider's tokens to a server
 * (https://learn.microsoft.com/azure/app-service/configure-authentication-oauth-tokens), as far as `view` shows them.
 */
export function tokenHeaders(view: EntryView): Record<string, string> {
  const kinds = ['access_token', 'access_token_secret', 'id_token', 'refresh_token', 'expires_on'] as const;
  const header = (kind: string) => `x-ms-token-${view.provider_name}-${kind.replaceAll('_', '-')}`;
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const value = view[kind];
      return value === undefined ? [] : [[header(kind), value]];
    }),
  );
}

/** Base64 of JSON with its members in the order that App Service writes. */
function principal(claims: readonly ClaimView[], { name, claimTypes }: PrincipalSource): string {
  const document = {
    auth_typ: name,
    claims,
    name_typ: claimTypes.nameType ?? claimType.name,
    role_typ: claimType.role,
  };
  return Buffer.from(JSON.stringify(document)).toString('base64');
}

/**
 * Header values are ASCII (RFC 9110 section 5.5): a text that is not, or holds a `%`, is percent-encoded as UTF-8. Half
 * a surrogate pair, which JSON can name and UTF-8 cannot, becomes U+FFFD.
 */
function headerText(text: string): string {
  return /^[!-~]([ -~]*[!-~])?$/.test(text) && !text.includes('%') ? text : encodeURIComponent(text.toWellFormed());
}
