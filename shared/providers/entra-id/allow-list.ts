import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Claims } from '../provider.ts';

/** Allow-lists; an absent one allows everybody, an empty one nobody. */
export interface EntraAllowLists {
  /** Object ids of groups. */
  readonly groups?: readonly string[];
  /** Object ids of users. */
  readonly identities?: readonly string[];
  /** Client ids (`appid`, `azp`) of the applications that tokens were issued to. */
  readonly applications?: readonly string[];
}

/**
 * That this user, in this application, may come in: the application must be listed, and the user by its own id or by a
 * group, as App Service has it
 * (https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad#use-a-built-in-authorization-policy).
 * Throws `user_not_allowed`.
 */
export function checkAllowed({ groups, identities, applications }: EntraAllowLists, claims: Claims): void {
  if (applications && !isListed(applications, applicationOf(claims))) refuse('the application is not on the list');
  if (!groups && !identities) return;
  if (identities && isListed(identities, claims['oid'])) return;
  if (groups && groupsOf(claims).some((group) => isListed(groups, group))) return;
  if (groups && hasGroupsOverage(claims)) {
    refuse('the user is in more groups than a token can list (groups overage): assign groups to the application');
  }
  refuse(groups ? 'neither the user nor a group of theirs is on the list' : 'the user is not on the list');
}

/** Whom the token was issued to: `azp` or `appid` of an access token; ID tokens have neither and go to their audience. */
function applicationOf({ azp, appid, aud }: Claims): unknown {
  return azp ?? appid ?? aud;
}

function groupsOf({ groups }: Claims): readonly unknown[] {
  return Array.isArray(groups) ? groups : [];
}

/**
 * Above 200 groups the token only says where to ask for them:
 * https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
 */
function hasGroupsOverage({ hasgroups, _claim_names }: Claims): boolean {
  const isElsewhere = typeof _claim_names === 'object' && _claim_names !== null && 'groups' in _claim_names;
  return isElsewhere || hasgroups === true || hasgroups === 'true';
}

/** Ids of Entra are GUIDs, whose case means nothing. */
function isListed(list: readonly string[], id: unknown): boolean {
  return typeof id === 'string' && list.some((one) => one.toLowerCase() === id.toLowerCase());
}

function refuse(detail: string): never {
  throw new TokenkeepError('user_not_allowed', { detail });
}
