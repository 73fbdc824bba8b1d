import { HttpRequest } from '@azure/functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';

let local: LocalApp;
let answer: Response;
beforeAll(async () => {
  local = await localApp();
  const { cookie } = await signedIn(local);
  answer = await local.fetch('/.auth/verify', { headers: { cookie } });
});
afterAll(() => local.close());

describe('a function behind a proxy that passes the headers of verify on', () => {
  it('finds the user where @azure/functions reads it', () => {
    const { user } = new HttpRequest({
      method: 'GET',
      url: 'https://app.example/api/orders',
      headers: Object.fromEntries(answer.headers),
    });
    expect(user).toMatchObject({
      type: 'AppService',
      id: expect.any(String),
      username: 'ada@example.com',
      identityProvider: 'demo',
    });
    const claims = user?.claimsPrincipalData as { claims: { typ: string; val: string }[] };
    expect(claims).toMatchObject({
      auth_typ: 'demo',
      name_typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
      role_typ: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
    });
    expect(claims.claims).toContainEqual({
      typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
      val: 'ada@example.com',
    });
  });

  it('finds the tokens under the names that App Service gives them', () => {
    const names = [...answer.headers.keys()].filter((name) => name.startsWith('x-ms-token-'));
    expect(names).toEqual(['x-ms-token-demo-access-token', 'x-ms-token-demo-expires-on', 'x-ms-token-demo-id-token']);
    expect(answer.headers.get('x-ms-token-demo-access-token')).not.toBe('');
  });

  it('is not asked where nobody is signed in', async () => {
    const refused = await local.fetch('/.auth/verify');
    expect(refused.status).toBe(401);
    expect([...refused.headers.keys()].filter((name) => name.startsWith('x-ms-'))).toEqual([]);
  });
});
