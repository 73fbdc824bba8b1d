import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { type RunningStack, runningStack, signIn, withCookie } from '../fixtures/running-stack.ts';

let stack: RunningStack;
let token: string;
beforeAll(async () => {
  stack = await runningStack({
    authJson: (document) => ({ ...document, globalValidation: { excludedPaths: ['/public/*'] } }),
  });
  ({ token } = await signIn(stack));
});
afterAll(() => stack?.close());

it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])(
  'the host takes %s for any path behind verify, and says who it is',
  async (method) => {
    const answer = await fetch(`${stack.origin}/.auth/verify/orders/1?full=1`, withCookie(token, { method }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-ms-client-principal-name')).toBe('ada@example.com');
    expect(answer.headers.get('x-ms-token-demo-access-token')).toMatch(/./);
  },
);

it('the host passes on that nobody is signed in, as headers that are there and empty', async () => {
  const answer = await fetch(`${stack.origin}/.auth/verify/public/logo.svg`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-ms-client-principal')).toBe('');
});

it('the path that is asked about is the whole of what stands behind verify', async () => {
  const answer = await new Browser().getOnly(`${stack.origin}/.auth/verify/orders/caf%C3%A9?id=1&proxy=nginx`);
  expect(answer.status).toBe(302);
  const landing = new URL(answer.headers.get('location') ?? '').searchParams.get('post_login_redirect_uri');
  expect(landing).toBe('/orders/caf%C3%A9?id=1&proxy=nginx');
});
