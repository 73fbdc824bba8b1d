import { expect, test } from 'vitest';
import { failureOf } from '../../../dev/demo-page/api.ts';
import { whySignedOut } from '../../../dev/demo-page/signed-out.ts';
import { failureSentences } from '../../../dev/demo-page/words.ts';

test('a problem document becomes sentences', () => {
  const body = {
    title: 'It failed',
    code: 'refresh_unavailable',
    detail: 'server_error',
    remedy: 'Try again.',
    x: 1,
  };
  const failure = failureOf(503, body, '45');
  expect(failure).toEqual({
    status: 503,
    title: 'It failed',
    code: 'refresh_unavailable',
    detail: 'server_error',
    remedy: 'Try again.',
    retryAfterSeconds: 45,
  });
  expect(failureSentences(failure)).toBe('The reason given is server_error. Try again. Retry-After is 45 s.');
  expect(failureSentences(failureOf(400, { title: 'No', detail: 'the provider says no' }, null))).toBe(
    'The provider says no.',
  );
});

test('an answer without a problem document still says its status', () => {
  expect(failureOf(500, undefined, null)).toEqual({
    status: 500,
    title: 'The function host answered with status 500 and no explanation',
  });
});

test('being signed out is explained only to somebody who was signed in', () => {
  const nobody = failureOf(401, { title: 'Nobody is signed in', code: 'not_signed_in' }, null);
  expect(whySignedOut(nobody, false)).toBeUndefined();
  expect(whySignedOut(nobody, true)).toMatchObject({ code: 'not_signed_in', title: 'You are no longer signed in' });
  const ended = failureOf(401, { title: 'The session has ended', code: 'session_ended' }, null);
  expect(whySignedOut(ended, false)).toBe(ended);
});
