import type * as z from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';

/**
 * The JSON object in the body of a request. Throws `request_malformed`, which names the first member that is wrong but
 * not its value.
 */
export async function jsonBody<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  if (!/^application\/json *(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw malformed('the body is to be application/json');
  }
  const result = schema.safeParse(parsed(await request.text()));
  if (result.success) return result.data;
  const [member] = result.error.issues[0]?.path ?? [];
  throw malformed(member === undefined ? 'the body is to be a JSON object' : `the member ${String(member)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function malformed(detail: string): TokenkeepError {
  return new TokenkeepError('request_malformed', { detail });
}
