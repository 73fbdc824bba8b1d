import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../dev/provider/sign-in-client.ts';
import type { RunningExample } from '../../examples/example.ts';
import { start } from '../../examples/native-app/start.ts';

let example: RunningExample;
const greeting = Promise.withResolvers<string>();
const printed: string[] = [];
beforeAll(async () => {
  example = await start((line) => {
    printed.push(line);
    greeting.resolve(line);
  });
});
afterAll(() => example?.close());

describe('a terminal that signs in by the system’s browser', () => {
  it('greets who signed in there', async () => {
    const [, address = ''] = /(http:\S+\/login\/\S+)/.exec(example.instructions.join('\n')) ?? [];
    const visit = await new Browser().signIn(address, { account: 'ada@example.com' });
    const { origin, pathname, hash } = new URL(visit.url);
    expect(pathname).toBe('/signed-in');
    expect(visit.body).toContain('location.hash');
    // What the page does, which this browser runs no scripts of.
    await fetch(`${origin}/code`, { method: 'POST', body: hash.slice(1) });
    expect(await greeting.promise).toMatch(/^Signed in as ada@example\.com; .* good until \d{4}-/);
    expect(printed.join('\n')).not.toContain(String(new URLSearchParams(hash.slice(1)).get('authorization_code')));
  });
});
