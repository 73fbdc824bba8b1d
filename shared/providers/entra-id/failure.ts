import type { RefreshFailure } from '../provider.ts';

/**
 * Answers other than `invalid_grant` that say that nothing comes of this refresh token before the user has signed in
 * again: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-codes-for-token-endpoint-errors
 */
const needsUser = ['interaction_required', 'consent_required', 'login_required'];
/** Answers that say that there is no such API, where one was asked for. */
const noTarget = ['invalid_resource', 'invalid_scope'];

/** A failed refresh, its kind by Entra's words for it. `isFurther`: an API was asked for that the client named. */
export function entraFailure(failure: RefreshFailure, isFurther: boolean): RefreshFailure {
  const refusals = isFurther ? [...needsUser, ...noTarget] : needsUser;
  return refusals.includes(failure.reason) ? { ...failure, kind: 'refused' } : failure;
}

/**
 * Entra ID answers `invalid_grant` with AADSTS50196 to who asks too often, though the refresh token is as good as before:
 * https://learn.microsoft.com/entra/identity-platform/reference-breaking-changes. Here that becomes the answer that
 * means it, lest somebody be signed out for it.
 */
export function withLoopAsThrottling(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (...request) => {
    const response = await fetch(...request);
    if (response.status !== 400) return response;
    const answer: unknown = await response
      .clone()
      .json()
      .catch(() => undefined);
    return isLoop(answer) ? Response.json({ error: 'temporarily_unavailable' }, { status: 429 }) : response;
  };
}

function isLoop(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('error_codes' in answer)) return false;
  return Array.isArray(answer.error_codes) && answer.error_codes.includes(50196);
}
