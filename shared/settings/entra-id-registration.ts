import type { EntraIdSettings } from '../providers/entra-id/entra-id.ts';
import type { Credentials } from './credentials.ts';
import type { IdentityProviders } from './identity-providers.ts';
import { parameters } from './login-parameters.ts';

type Registered = NonNullable<IdentityProviders['azureActiveDirectory']>;

/** The registration with Entra ID, which has rules about who may sign in, too. */
export function entraId({ registration, login, validation }: Registered, credentials: Credentials): EntraIdSettings {
  const name = 'aad';
  return {
    kind: 'entra-id',
    name,
    clientId: registration.clientId,
    credential: credentials.entraId(registration, name),
    issuer: registration.openIdIssuer,
    scopes: ['openid', 'profile', 'email'],
    loginParameters: parameters(login),
    allowedAudiences: validation.allowedAudiences,
    allowed: allowed(validation),
  };
}

/**
 * Lists of `jwtClaimChecks` restrict as soon as they are there, those of `defaultAuthorizationPolicy` only where they
 * have entries: its documented form, which the portal writes, has empty ones
 * (https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad#use-a-built-in-authorization-policy).
 */
function allowed({ jwtClaimChecks, defaultAuthorizationPolicy }: Registered['validation']) {
  const { allowedPrincipals, allowedApplications } = defaultAuthorizationPolicy;
  const { allowedGroups, allowedClientApplications } = jwtClaimChecks;
  const groups = allowedGroups ?? filled(allowedPrincipals.groups);
  const identities = filled(allowedPrincipals.identities);
  const applications = both(allowedClientApplications, filled(allowedApplications));
  return {
    ...(groups === undefined ? {} : { groups }),
    ...(identities === undefined ? {} : { identities }),
    ...(applications === undefined ? {} : { applications }),
  };
}

function filled(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** What passes both lists, where there are two. */
function both(one: readonly string[] | undefined, other: readonly string[] | undefined): readonly string[] | undefined {
  return one && other ? one.filter((entry) => other.includes(entry)) : (one ?? other);
}
