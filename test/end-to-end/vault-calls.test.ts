import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningStack, runningStack, signIn, withCookie } from '../fixtures/running-stack.ts';

let stack: RunningStack;
beforeAll(async () => {
  stack = await runningStack();
});
afterAll(() => stack.close());

it('asks Key Vault as often for 1,000 sign-ins as for 10', async () => {
  const { calls } = stack.services.vault;
  for (let done = 0; done < 10; done++) await signIn(stack);
  const forTen = calls.total;
  expect(forTen).toBeGreaterThan(0);

  for (let done = 10; done < 1_000; done += 10) {
    const signedIn = await Promise.all(Array.from({ length: 10 }, () => signIn(stack)));
    const [first] = signedIn;
    expect((await fetch(`${stack.origin}/.auth/me`, withCookie(first?.token ?? ''))).status).toBe(200);
  }
  expect(calls.total).toBe(forTen);
}, 120_000);
