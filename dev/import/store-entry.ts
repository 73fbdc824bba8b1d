import * as z from 'zod';

const text = z.string().nullish();

/**
 * One provider's entry as Easy Auth stores it: the members of an element of `/.auth/me`. What is not used here may have
 * any form.
 */
export const storeEntry = z.object({
  access_token: text,
  /** OAuth 1.0a. */
  access_token_secret: text,
  id_token: text,
  refresh_token: text,
  /** .NET's round-trip format, UTC: `2016-10-07T20:24:55.2574210Z`. */
  expires_on: text,
  user_claims: z.array(z.object({ typ: z.string(), val: z.string() })).nullish(),
  user_id: text,
});

export type StoreEntry = z.infer<typeof storeEntry>;
