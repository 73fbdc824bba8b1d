import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AppleSettings } from '../../../shared/providers/apple/apple.ts';
import { type AppleImpersonator, ada, startApple } from '../impersonators/apple.ts';
import { appleClient, authorized, signIn } from '../impersonators/apple-client.ts';

let server: AppleImpersonator;
beforeAll(async () => {
  server = await startApple();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const provider = (changes: Partial<AppleSettings> = {}) => appleClient(server, changes);

describe('the name of the user', () => {
  it('comes with the first sign-in, and only then', async () => {
    expect((await signIn(provider())).claims).toMatchObject({
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
    });
    expect((await signIn(provider())).claims).not.toHaveProperty('name');
  });

  it('may be a part of one', async () => {
    server.user = { ...ada, name: { lastName: 'Lovelace', firstName: ' ' } };
    const { claims } = await signIn(provider());
    expect(claims).toMatchObject({ name: 'Lovelace', family_name: 'Lovelace' });
    expect(claims).not.toHaveProperty('given_name');
  });

  it.each([
    'not JSON',
    '',
    'null',
    '[]',
    '{"name":"Ada"}',
    '{"name":{"firstName":5,"lastName":["x"]}}',
    '{"email":"x@example.com"}',
    '{"__proto__":{"name":{"firstName":"Ada"}}}',
  ])('is left out where it cannot be read: %s', async (user) => {
    const by = provider();
    const response = await authorized(by);
    const { claims } = await by.redeem({ ...response, parameters: { ...response.parameters, user } });
    expect(claims).toMatchObject({ sub: ada.sub, email: ada.email });
    for (const name of ['name', 'given_name', 'family_name']) expect(claims).not.toHaveProperty(name);
  });

  it('is all that is believed of what the browser brings: no address, no subject', async () => {
    const by = provider();
    server.user = { ...ada, email: undefined };
    const response = await authorized(by);
    const user = { name: { firstName: 'Eve' }, email: 'victim@example.com', sub: 'victim', email_verified: true };
    const parameters = { ...response.parameters, user: JSON.stringify(user) };
    const signedIn = await by.redeem({ ...response, parameters });
    expect(signedIn).toMatchObject({ subject: ada.sub, claims: { sub: ada.sub, given_name: 'Eve' } });
    expect(JSON.stringify(signedIn)).not.toContain('victim');
  });
});
