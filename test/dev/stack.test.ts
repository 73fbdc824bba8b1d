import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { type RunningStack, runningStack } from '../fixtures/running-stack.ts';

let stack: RunningStack;
beforeAll(async () => {
  stack = await runningStack({
    further: ['second'],
    environment: { TOKENKEEP_ALLOWED_ORIGINS: 'https://spa.example' },
    authJson: (document) => ({
      ...document,
      httpSettings: { requireHttps: true, routes: { apiPrefix: '/signing-in' } },
    }),
  });
});
afterAll(() => stack?.close());

it('a further registration stands beside the demo provider where users choose one', async () => {
  const { response, body } = await new Browser().get(`${stack.origin}/signing-in/login`);
  expect(response.status).toBe(200);
  expect(body).toContain('/signing-in/login/demo');
  expect(body).toContain('/signing-in/login/second');
});

it('the host gets further app settings', async () => {
  const ask = (origin: string) => fetch(`${stack.origin}/signing-in/me`, { headers: { origin } });
  expect((await ask('https://spa.example')).headers.get('access-control-allow-origin')).toBe('https://spa.example');
  expect((await ask('https://other.example')).headers.get('access-control-allow-origin')).toBeNull();
});

it('auth.json can be changed', async () => {
  expect((await fetch(`${stack.origin}/signing-in/me`)).status).toBe(401);
  expect((await fetch(`${stack.origin}/.auth/me`)).status).toBe(404);
});
