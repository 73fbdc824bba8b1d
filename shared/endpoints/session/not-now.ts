import { isTokenkeepError } from '../../errors/tokenkeep-error.ts';

/** Nothing, where what is only worth trying cannot be done now: for `catch`. Whatever is no TokenkeepError is thrown. */
export function notNow(error: unknown): undefined {
  if (!isTokenkeepError(error)) throw error;
}
