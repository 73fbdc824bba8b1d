import { TokenkeepError } from '../../errors/tokenkeep-error.ts';

/**
 * The JSON object that a provider's API answered; `what` names the endpoint in errors.
 * Throws `provider_unavailable` (429, 5xx), `provider_misconfigured` (other refusals), `provider_response_invalid`.
 */
export async function apiObject(response: Response, what: string): Promise<Readonly<Record<string, unknown>>> {
  const body = await apiBody(response, what);
  if (typeof body !== 'object' || body === null) {
    throw new TokenkeepError('provider_response_invalid', { detail: `${what} is not a JSON object` });
  }
  return body as Readonly<Record<string, unknown>>;
}

/** The JSON in an answer, whatever its shape: undefined where it is none. Throws as `apiObject` does. */
export async function apiBody(response: Response, what: string): Promise<unknown> {
  if (!response.ok) throw apiRefusal(response, what);
  return response.json().catch(() => undefined);
}

/** The error of an answer that is not good. `reason` is what it says, in plain characters. */
export function apiRefusal({ status, headers }: Response, what: string, reason = ''): TokenkeepError {
  const detail = `${what} answered ${status}${reason && ` (${reason})`}`;
  if (status !== 429 && status < 500) return new TokenkeepError('provider_misconfigured', { detail });
  const retryAfter = headers.get('retry-after') ?? '';
  const retry = /^\d{1,5}$/.test(retryAfter) ? { retryAfterSeconds: Number(retryAfter) } : {};
  return new TokenkeepError('provider_unavailable', { detail, ...retry });
}
