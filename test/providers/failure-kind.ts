import type { RefreshFailure } from '../../shared/providers/provider.ts';
import type { Fault } from './impersonators/impersonator.ts';

/** What a refresh that met this fault says of its refresh token: only an answer of 4xx shows that it was not redeemed. */
export function failureKind(fault: Fault): RefreshFailure['kind'] {
  const { status = 200 } = typeof fault === 'object' ? fault : {};
  return status >= 400 && status < 500 ? 'unavailable' : 'unanswered';
}
