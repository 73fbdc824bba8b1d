import { app } from '@azure/functions';

/**
 * An API that does not know how its users sign in: the gateway in front of it says who asks, in the headers that App
 * Service gives to its apps, and hands over their access token. It must be reachable by the gateway alone, because it
 * believes these headers.
 */
app.http('whoami', {
  route: 'api/whoami',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async ({ user, headers }) => {
    if (user?.type !== 'AppService') return { status: 401, jsonBody: { error: 'no user' } };
    const { id, username, identityProvider, claimsPrincipalData } = user;
    return {
      jsonBody: {
        id,
        username,
        identityProvider,
        claims: claimsPrincipalData['claims'],
        hasAccessToken: headers.has(`x-ms-token-${identityProvider}-access-token`),
      },
    };
  },
});

// The host takes the first function by name whose route matches, so this one's name comes last.
app.http('zz-page', {
  route: '{*path}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async ({ user }) => ({
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>An app behind the gateway</title>
<h1>An app behind the gateway</h1>
<p>Signed in as ${escaped(user?.username ?? 'nobody')}. <a href="/api/whoami">What the API is told</a>,
<a href="/.auth/account">your account</a>, <a href="/.auth/logout">sign out</a>.</p>`,
  }),
});

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
