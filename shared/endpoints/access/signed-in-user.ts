import type { App } from '../../app.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Provider, Target } from '../../providers/provider.ts';
import { providerName } from '../../providers/provider-name.ts';
import { freshToken, type HeldToken } from '../../refresh/fresh-token.ts';
import { type ClaimView, claimViews } from '../../sessions/claims.ts';
import type { Entry, Session } from '../../token-store/session.ts';
import { principalSource } from './principal-source.ts';

/** Who a request comes from, and what may be done in their name. */
export interface SignedInUser {
  /** `sid:` and 32 hex digits: the same in each session of the user. */
  readonly userId: string;
  readonly principal: Principal;
  /**
   * An access token that is good for a while: of the provider that signed the user in, or of a connected one. With
   * `scopes` it has all of them, with `resource` it is for that API. Throws `connection_unknown` without an account of
   * that provider, `scopes_not_granted`, `refresh_*` and `session_ended`.
   */
  getToken(provider?: string, wanted?: TokenWanted): Promise<HeldToken>;
}

/** What App Service tells a server in `X-MS-CLIENT-PRINCIPAL` and the headers beside it. */
export interface Principal {
  /** The provider's name. */
  readonly provider: string;
  /** The user's id at the provider. */
  readonly id: string;
  readonly name: string;
  readonly claims: readonly ClaimView[];
}

export interface TokenWanted {
  readonly scopes?: readonly string[];
  readonly resource?: string;
}

export function signedInUser(session: Session, app: App): SignedInUser {
  const { store, provider } = app;
  return {
    userId: session.sid,
    principal: principalOf(session, app),
    async getToken(wantedProvider = session.provider, wanted = {}) {
      const name = providerName(wantedProvider);
      // The handler may have been at work for a while.
      const stored = await store.read(session.id);
      if (!stored) throw new TokenkeepError('session_ended');
      return freshToken(stored.session, name, targetOf(stored.session.entries[name], wanted, provider(name)), app);
    },
  };
}

function principalOf({ provider, entries }: Session, app: App): Principal {
  const entry = entries[provider];
  if (!entry) throw new TokenkeepError('session_ended');
  const { principalId, displayName, claimTypes, legacyClaims } = principalSource(provider, entry, app);
  return { provider, id: principalId, name: displayName, claims: claimViews(entry.claims, claimTypes, legacyClaims) };
}

/** The further resource to get a token for; undefined where the entry's own token has all that is wanted. */
function targetOf(
  entry: Entry | undefined,
  { scopes = [], resource }: TokenWanted,
  provider: Provider | undefined,
): Target | undefined {
  const isCovered = scopes.every((scope) => entry?.scopes?.includes(scope));
  if (!entry || (resource === undefined && isCovered)) return undefined;
  if (!provider?.hasTargets) {
    const missing = scopes.filter((scope) => !entry.scopes?.includes(scope));
    throw new TokenkeepError('scopes_not_granted', {
      detail: missing.join(' ') || 'this provider has one resource only',
    });
  }
  return {
    ...(resource === undefined ? {} : { resource }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  };
}
