import { expect, it } from 'vitest';
import { carriedToken, sessionCookie } from '../../shared/sessions/carrier.ts';
import { Secret } from '../../shared/telemetry/secret.ts';

const carried = (headers: Record<string, string>) => {
  const found = carriedToken(new Request('https://app.example/.auth/me', { headers }));
  return found && [found.carrier, found.token.reveal()];
};

it.each([
  [{ cookie: 'a=b; AppServiceAuthSession=t; c=d' }, ['cookie', 't']],
  [{ 'x-zumo-auth': 't' }, ['x-zumo-auth', 't']],
  [{ authorization: 'Bearer t' }, ['bearer', 't']],
  [{ authorization: 'bearer  t' }, ['bearer', 't']],
])('finds the token in %j', (headers, found) => {
  expect(carried(headers)).toEqual(found);
});

it.each([
  {},
  { cookie: 'AppServiceAuthSession=' },
  { cookie: 'XAppServiceAuthSession=t' },
  { authorization: 'Basic dDp0' },
  { authorization: 'Bearer' },
  { 'x-zumo-auth': '' },
])('finds none in %j', (headers) => {
  expect(carried(headers)).toBeUndefined();
});

it('takes a header before the cookie, which browsers add by themselves', () => {
  const cookie = 'AppServiceAuthSession=c';
  expect(carried({ cookie, authorization: 'Bearer b' })).toEqual(['bearer', 'b']);
  expect(carried({ cookie, authorization: 'Bearer b', 'x-zumo-auth': 'z' })).toEqual(['x-zumo-auth', 'z']);
});

it.each([
  { secure: true, sameSite: 'Lax' },
  { secure: true, sameSite: 'None' },
  { secure: false, sameSite: 'Strict' },
] as const)('makes a cookie that scripts cannot read, and deletes it with the same attributes: %j', (scope) => {
  const kept = sessionCookie(scope, new Secret('session_token', 't'), 60);
  expect(kept).toEqual({ name: 'AppServiceAuthSession', value: 't', path: '/', maxAge: 60, ...scope });
  expect(sessionCookie(scope, undefined, 60)).toEqual({ ...kept, value: '', maxAge: 0 });
});
