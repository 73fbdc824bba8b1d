import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoAccounts } from '../../dev/provider/accounts.ts';
import { type RunningStack, runningStack, signIn, withCookie } from '../fixtures/running-stack.ts';

let stack: RunningStack;
beforeAll(async () => {
  stack = await runningStack();
});
afterAll(() => stack.close());

const me = (token: string) => fetch(`${stack.origin}/.auth/me`, withCookie(token));
const refresh = (token: string) => fetch(`${stack.origin}/.auth/refresh`, withCookie(token));

it('keeps every session when the host is killed in the middle of sign-ins and refreshes', async () => {
  const { counters } = stack.services.provider;
  const before = await Promise.all(Array.from({ length: 10 }, () => signIn(stack)));
  const tokens = before.map(({ token }) => token);
  const underWay = [
    ...tokens.map((token) => refresh(token).catch(() => undefined)),
    ...Array.from({ length: 5 }, () => signIn(stack).catch(() => undefined)),
  ];
  while (counters.refreshGrants === 0) await new Promise((resolve) => setImmediate(resolve));
  stack.host.process.kill('SIGKILL');
  await Promise.all(underWay);

  await stack.restartHost();
  for (const token of tokens) expect((await me(token)).status).toBe(200);
});

it('leaves nothing readable in the files of the storage account', async () => {
  const { token } = await signIn(stack, 'zoe@example.com');
  const response = await fetch(`${stack.origin}/.auth/refresh`, withCookie(token));
  expect(response.status).toBe(200);
  const [entry] = (await (await me(token)).json()) as [{ access_token: string; id_token: string }];
  await stack.services.azurite.close();

  const files = readdirSync(join(stack.directory, 'azurite'), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const stored = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
  expect(stored).toContain('sessions/');
  const { access_token, id_token } = entry;
  const people = demoAccounts.flatMap(({ sub, email, name }) => [sub, email, name]);
  for (const secret of [access_token, id_token, token, ...people]) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(secret),
    ]) {
      expect(stored.includes(Buffer.from(form).toString('latin1')), 'something readable is stored').toBe(false);
    }
  }
});
