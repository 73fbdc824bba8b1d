import * as z from 'zod';
import type { Claims } from '../provider.ts';

const part = z.string().trim().min(1).optional().catch(undefined);
const user = z.object({ name: z.object({ firstName: part, lastName: part }) });

/**
 * The name in the parameter `user`, which comes with the first authorization of a user and never again: JSON
 * `{"name": {"firstName", "lastName"}, "email"}`
 * (https://developer.apple.com/documentation/signinwithapple/incorporating-sign-in-with-apple-into-other-platforms).
 * It comes by the browser and nobody signs it, so the address in it is not looked at: Apple vouches for the one in the
 * ID token. What cannot be read is no name.
 */
export function appleUserClaims(parameter: string | undefined): Claims {
  const { success, data } = user.safeParse(parsed(parameter));
  if (!success) return {};
  const { firstName, lastName } = data.name;
  const name = [firstName, lastName].filter((one) => one !== undefined).join(' ');
  return {
    ...(firstName === undefined ? {} : { given_name: firstName }),
    ...(lastName === undefined ? {} : { family_name: lastName }),
    ...(name === '' ? {} : { name }),
  };
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}
