import { describe, expect, it } from 'vitest';
import { isTokenkeepError, TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';

describe('a TokenkeepError', () => {
  it('says what happened, and what exactly where that is known', () => {
    expect(new TokenkeepError('sign_in_expired').message).toBe('The sign-in took too long');
    const error = new TokenkeepError('request_malformed', { detail: 'there is no code' });
    expect(error.message).toBe('The request cannot be read: there is no code');
  });

  it('carries its row of the table, its cause and when to try again', () => {
    const cause = new Error('x');
    const error = new TokenkeepError('provider_unavailable', { cause, retryAfterSeconds: 7 });
    expect(error).toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: 7, cause, detail: undefined });
    expect(error.row.status).toBe(503);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('TokenkeepError');
  });

  it('is told apart by its code', () => {
    const error = new TokenkeepError('id_token_invalid');
    expect(isTokenkeepError(error)).toBe(true);
    expect(isTokenkeepError(error, 'sign_in_refused', 'id_token_invalid')).toBe(true);
    expect(isTokenkeepError(error, 'sign_in_refused')).toBe(false);
    expect(isTokenkeepError(Object.assign(new Error('x'), { code: 'id_token_invalid' }))).toBe(false);
    expect(isTokenkeepError(undefined)).toBe(false);
  });
});
