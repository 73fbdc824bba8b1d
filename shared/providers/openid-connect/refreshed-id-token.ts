import { isTokenkeepError, TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Identity, RefreshResult, TokenSet } from '../provider.ts';
import type { VerifiedClaims } from './id-token.ts';

/**
 * What a refresh gave, its ID token checked: it must be of the same issuer for the same user (OpenID Connect Core
 * section 12.2), else `id_token_invalid` is thrown. Where the keys to check it cannot be fetched just now, or clocks
 * disagree, it is left out: the tokens beside it are good, and the refresh token may have replaced the stored one.
 */
export async function withCheckedIdToken(
  { idToken, ...tokens }: TokenSet,
  identity: Identity,
  verify: (idToken: NonNullable<TokenSet['idToken']>) => Promise<VerifiedClaims>,
): Promise<RefreshResult> {
  if (!idToken) return { ok: true, tokens };
  try {
    const claims = await verify(idToken);
    if (claims.iss !== identity.issuer) throw new TokenkeepError('id_token_invalid', { detail: 'another issuer' });
    return { ok: true, tokens: { ...tokens, idToken }, claims };
  } catch (error) {
    if (isTokenkeepError(error, ...passing)) return { ok: true, tokens };
    throw error;
  }
}

const passing = [
  'provider_unavailable',
  'provider_response_invalid',
  'provider_misconfigured',
  'id_token_out_of_time',
] as const;
