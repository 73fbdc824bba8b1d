/**
 * As https://developer.apple.com/documentation/signinwithapplerestapi has them. Apple's discovery document is not
 * asked: in June 2025 it stated another issuer than the tokens (https://github.com/nextauthjs/next-auth/issues/13050).
 */
export const appleEndpoints = {
  issuer: 'https://appleid.apple.com',
  authorization: 'https://appleid.apple.com/auth/authorize',
  token: 'https://appleid.apple.com/auth/token',
  revocation: 'https://appleid.apple.com/auth/revoke',
  keys: 'https://appleid.apple.com/auth/keys',
};
