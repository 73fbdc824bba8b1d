import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import { start } from '../../examples/background-job/start.ts';

let example: Awaited<ReturnType<typeof start>>;
const browser = new Browser();
beforeAll(async () => {
  example = await start(() => {});
});
afterAll(() => example?.close());

async function consent(method: 'POST' | 'DELETE'): Promise<number> {
  const cookie = `AppServiceAuthSession=${browser.cookies(example.origin)['AppServiceAuthSession']}`;
  const headers = { cookie, origin: example.origin };
  return (await fetch(`${example.origin}/.auth/consents/notes`, { method, headers })).status;
}

describe('a background job that posts for a user who is away', () => {
  it('has nobody to post for before they have been there', async () => {
    await expect(example.run()).rejects.toThrow('user_unknown');
  });

  it('may not before they have said yes', async () => {
    await browser.signIn(`${example.origin}/.auth/login/demo`, { account: 'ada@example.com' });
    await expect(example.run()).rejects.toThrow('consent_missing');
    expect(example.notes).toEqual([]);
  });

  it('posts in their name once they have', async () => {
    expect(await consent('POST')).toBeLessThan(300);
    await example.run();
    expect(example.notes).toEqual([{ author: 'demo-1001', text: expect.stringMatching(/^Written at/) }]);
  });

  it('may no longer once they have withdrawn that', async () => {
    expect(await consent('DELETE')).toBeLessThan(300);
    await expect(example.run()).rejects.toThrow('consent_missing');
    expect(example.notes).toHaveLength(1);
  });
});
