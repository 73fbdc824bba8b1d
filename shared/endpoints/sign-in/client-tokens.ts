import * as z from 'zod';
import type { ClientTokens } from '../../providers/provider.ts';
import { Secret } from '../../telemetry/secret.ts';

/** Characters that a token may have (RFC 6749 appendix A.12). Empty and null count as absent. */
const text = z
  .string()
  .regex(/^[ -~]*$/)
  .nullish()
  .transform((value) => value || undefined);

/** Ten years: more is a mistake, and far more would be no date. */
const longestLife = 10 * 365 * 24 * 3600;
/** Seconds. SDKs write them as numbers, and as texts where the provider did. */
const life = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,10}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().min(0).max(longestLife))
  .nullish()
  .transform((value) => value ?? undefined);

/**
 * The body of a client-directed sign-in, with the names of App Service. `authentication_token` is what the Live SDK
 * called its ID token. Whether it is enough, and good, is for the provider to say.
 */
export const clientTokens = z
  .object({
    access_token: text,
    access_token_secret: text,
    id_token: text,
    authentication_token: text,
    refresh_token: text,
    authorization_code: text,
    redirect_uri: text,
    expires_in: life,
  })
  .transform((body): ClientTokens => {
    const idToken = body.id_token ?? body.authentication_token;
    return {
      ...(body.access_token && { accessToken: new Secret('access_token', body.access_token) }),
      ...(body.access_token_secret && {
        accessTokenSecret: new Secret('access_token_secret', body.access_token_secret),
      }),
      ...(idToken && { idToken: new Secret('id_token', idToken) }),
      ...(body.refresh_token && { refreshToken: new Secret('refresh_token', body.refresh_token) }),
      ...(body.authorization_code && { authorizationCode: new Secret('authorization_code', body.authorization_code) }),
      ...(body.redirect_uri && { redirectUri: body.redirect_uri }),
      ...(body.expires_in !== undefined && { expiresIn: body.expires_in }),
    };
  });
