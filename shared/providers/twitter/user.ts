import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { claimType } from '../claim-types.ts';
import { firstText } from '../claims.ts';
import type { RateLimitRule } from '../oauth/rate-limit.ts';
import type { Claims, ClaimTypes, Identity, Provider } from '../provider.ts';

/** X issues no ID tokens; users have the same id whichever protocol they sign in by. */
const issuer = 'https://x.com';

const claimTypes: ClaimTypes = {
  types: {
    id: claimType.nameIdentifier,
    screen_name: claimType.upn,
    name: claimType.name,
    url: claimType.webpage,
    email: claimType.emailAddress,
  },
  prefix: 'urn:twitter:',
};

/** What is the same for both protocols. */
export const twitterTraits = {
  title: 'X',
  claimTypes,
  hasTargets: false,
  acceptsBearer: false,
  signOutUrl: async () => undefined,
  issuerOf: () => issuer,
  displayName: (claims, subject) => firstText(claims, 'screen_name') ?? subject,
  principalId: (_claims, subject) => subject,
} satisfies Partial<Provider>;

/** https://docs.x.com/x-api/fundamentals/rate-limits */
export const twitterRateLimit: RateLimitRule = {
  resetHeader: 'x-rate-limit-reset',
  isReached: ({ status }) => status === 429,
};

/** A user of API v1.1 (https://developer.x.com/en/docs/twitter-api/v1/data-dictionary/object-model/user). */
export function userOfApi1({ id_str, verified, ...user }: Claims): Identity {
  return identity(id_str, {
    screen_name: user['screen_name'],
    name: user['name'],
    url: user['url'],
    description: user['description'],
    location: user['location'],
    time_zone: user['time_zone'],
    lang: user['lang'],
    verified,
    profile_image_url_https: user['profile_image_url_https'],
    email: user['email'],
  });
}

/** A user of API v2 (https://docs.x.com/x-api/fundamentals/data-dictionary), in the words of v1.1. */
export function userOfApi2({ id, verified, ...user }: Claims): Identity {
  return identity(id, {
    screen_name: user['username'],
    name: user['name'],
    url: user['url'],
    description: user['description'],
    location: user['location'],
    verified,
    profile_image_url_https: user['profile_image_url'],
    email: user['confirmed_email'],
  });
}

/** App Service shows what .NET made of `verified`: `True` or `False`. Members that are not there are left out. */
function identity(id: unknown, { verified, ...members }: Claims): Identity {
  if (typeof id !== 'string' || !/^\d+$/.test(id) || typeof members['screen_name'] !== 'string') {
    throw new TokenkeepError('provider_response_invalid', { detail: 'the user has no id or no screen name' });
  }
  const word = typeof verified === 'boolean' ? { verified: verified ? 'True' : 'False' } : {};
  const said = Object.entries({ ...members, ...word }).filter(([, value]) => typeof value === 'string');
  return { issuer, subject: id, claims: { id, ...Object.fromEntries(said) } };
}
