import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Metadata } from '../openid-connect/discovery.ts';

type Parameters = Readonly<Record<string, string>>;

/** The authorization code of a response (RFC 6749 section 4.1.2). Throws `request_malformed` where there is none. */
export function codeOf({ code }: Parameters): string {
  if (code === undefined) throw new TokenkeepError('request_malformed', { detail: 'there is no code' });
  return code;
}

/**
 * That the answer is of the provider asked, against one being taken for another's (RFC 9207 section 2.4).
 * Throws `sign_in_issuer_mismatch`.
 */
export function checkResponseIssuer({ iss }: Parameters, { issuer, issuerInResponse }: Metadata): void {
  if (iss === undefined && !issuerInResponse) return;
  if (iss !== issuer) throw new TokenkeepError('sign_in_issuer_mismatch');
}
