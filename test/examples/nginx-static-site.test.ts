import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath } from '../../dev/program-path.ts';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { start } from '../../examples/nginx-static-site/start.ts';

describe.skipIf(programPath('nginx') === undefined)('a static site behind nginx', () => {
  let example: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    example = await start();
  });
  afterAll(() => example?.close());

  it('shows its open page to everybody', async () => {
    expect(await (await fetch(`${example.origin}/`)).text()).toContain('<h1>A static site</h1>');
  });

  it('shows the other to nobody who is not signed in', async () => {
    const response = await fetch(`${example.origin}/members/`);
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain('Members');
  });

  it('shows it to who signs in, which is where they are sent', async () => {
    const browser = new Browser();
    const visit = await browser.signIn(`${example.origin}/members/`, { account: 'ada@example.com' });
    expect(visit.url).toBe(`${example.origin}/members/`);
    expect(visit.body).toContain('<h1>Members</h1>');
  });
});
