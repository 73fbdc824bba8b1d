import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Claims } from '../provider.ts';

/**
 * That an account belongs to the Google Workspace or Cloud organization of a domain; `*` stands for any organization,
 * and without a domain everybody is welcome. The parameter `hd` only chooses what the sign-in page offers, and a browser
 * may leave it out, so that the claim is what counts:
 * https://developers.google.com/identity/openid-connect/openid-connect#hd-param
 *
 * Throws `user_not_allowed`.
 */
export function checkHostedDomain(domain: string | undefined, { hd }: Claims): void {
  if (domain === undefined || domain === '') return;
  const isMember = typeof hd === 'string' && hd !== '' && (domain === '*' || hd.toLowerCase() === domain.toLowerCase());
  if (!isMember) {
    throw new TokenkeepError('user_not_allowed', { detail: 'the account is not of the domain that hd names' });
  }
}
