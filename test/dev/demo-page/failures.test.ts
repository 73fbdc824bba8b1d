import { expect, test } from 'vitest';
import { TokenkeepError } from '../../../client/index.ts';
import { failureSentences, whySignedOut } from '../../../dev/demo-page/words.ts';

test('a failure becomes sentences', () => {
  const facts = { status: 503, detail: 'server_error', remedy: 'Try again.', retryAfter: 45 };
  expect(failureSentences(new TokenkeepError('refresh_unavailable', 'It failed', facts))).toBe(
    'The reason given is server_error. Try again. Retry-After is 45 s.',
  );
  const refused = new TokenkeepError('refresh_not_possible', 'No', { status: 400, detail: 'the provider says no' });
  expect(failureSentences(refused)).toBe('The provider says no.');
});

test('being signed out is explained only to somebody who was signed in', () => {
  const nobody = new TokenkeepError('not_signed_in', 'Nobody is signed in', { status: 401 });
  expect(whySignedOut(nobody, false)).toBeUndefined();
  expect(whySignedOut(nobody, true)).toMatchObject({ code: 'not_signed_in', message: 'You are no longer signed in' });
  const ended = new TokenkeepError('session_ended', 'The session has ended', { status: 401 });
  expect(whySignedOut(ended, false)).toBe(ended);
});
