import type { RestError } from '@azure/storage-blob';
import type { ErrorCode } from '../errors/table.ts';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';

/** The statuses by which the service says that a condition or a lease did not hold, or that the blob is gone. */
export function conditionFailed<T>(outcome: T): Record<number, T> {
  return { 404: outcome, 409: outcome, 412: outcome };
}

/** Runs one call; expected statuses become their outcome, all others a TokenkeepError. */
export async function attempt<T>(call: () => Promise<T>, expected: Record<number, T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TokenkeepError) throw error;
    const { statusCode, code } = error as Partial<RestError>;
    const isExpected = statusCode !== undefined && statusCode in expected && !containerGone.has(code ?? '');
    if (isExpected) return expected[statusCode] as T;
    throw new TokenkeepError(containerErrorCode(statusCode, code), { cause: error });
  }
}

/** These are a 404 and 409s too, and no answer about a blob. */
const containerGone = new Set(['ContainerNotFound', 'ContainerBeingDeleted', 'ContainerDisabled']);

/**
 * Which of our errors a storage failure is.
 * Codes: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and
 * https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes.
 */
function containerErrorCode(status: number | undefined, code: string | undefined): ErrorCode {
  if (containerGone.has(code ?? '') || status === 404) return 'container_missing';
  if (code === 'AuthenticationFailed' || status === 401) return 'container_access_expired';
  if (status === 403) return 'container_access_refused';
  return 'container_unreachable';
}
