import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import type { Provider, Target } from '../providers/provider.ts';

/** Which token a backend is to get, and what it may be good for. */
export interface TokenRule {
  /** Undefined: the entry's own token. */
  readonly target?: Target;
  /** Throws where a token with these scopes is not the one; undefined: the provider has not said. */
  checkGranted(granted: readonly string[] | undefined): void;
}

/** Everything that the user has granted. */
const everything = '*';
/** What opens no API: to be signed in, and to have refresh tokens. */
const harmless = ['openid', 'offline_access'];

/**
 * The token for what a backend asks, within what auth.json allows it. Throws `backend_scope_refused`; `checkGranted` does
 * so, too, and `scopes_not_granted` where the user has granted less than was asked for by name.
 */
export function tokenRule(allowed: readonly string[], asked: Target, { hasTargets }: Provider): TokenRule {
  const isLimited = !allowed.includes(everything);
  const named = asked.scope?.split(' ').filter(Boolean);
  if (asked.resource !== undefined && (isLimited || !hasTargets)) {
    throw new TokenkeepError('backend_scope_refused', { detail: 'resource: ask by scope' });
  }
  const refused = isLimited ? (named ?? []).filter((one) => !covers(allowed, one)) : [];
  if (refused.length > 0) throw new TokenkeepError('backend_scope_refused', { detail: 'auth.json does not list it' });
  const target = isLimited ? { scope: (named ?? allowed).join(' ') } : asked;
  const isOwn = !hasTargets || (target.scope === undefined && target.resource === undefined);
  return {
    ...(isOwn ? {} : { target }),
    checkGranted(granted) {
      if (isLimited) checkWithin(allowed, granted);
      const missing = isOwn ? (named ?? []).filter((one) => !covers(granted ?? [], one)) : [];
      if (missing.length > 0) throw new TokenkeepError('scopes_not_granted', { detail: missing.join(' ') });
    },
  };
}

function checkWithin(allowed: readonly string[], granted: readonly string[] | undefined): void {
  if (!granted) {
    throw new TokenkeepError('backend_scope_refused', {
      detail: 'the provider does not say what the token is good for',
    });
  }
  const beyond = granted.filter((one) => !harmless.includes(one) && !covers(allowed, one));
  if (beyond.length > 0) {
    throw new TokenkeepError('backend_scope_refused', { detail: `the token is good for more: ${beyond.join(' ')}` });
  }
}

/**
 * Entra ID names the scopes of Microsoft Graph with and without their API, and `…/.default` is all of an API
 * (https://learn.microsoft.com/entra/identity-platform/scopes-oidc#the-default-scope).
 */
function covers(allowed: readonly string[], scope: string): boolean {
  const whole = (one: string) => (one.includes('/') ? one : `https://graph.microsoft.com/${one}`);
  const wanted = whole(scope);
  return allowed.map(whole).some((one) => one === wanted || (one.endsWith('/.default') && isOfApi(wanted, one)));
}

function isOfApi(scope: string, all: string): boolean {
  return scope.slice(0, scope.lastIndexOf('/')) === all.slice(0, -'/.default'.length);
}
