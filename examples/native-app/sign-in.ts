import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a native app gets: the token that it sends as `X-ZUMO-AUTH` from now on. */
export interface SignedIn {
  readonly authenticationToken: string;
  readonly user: { readonly userId: string };
}

/** How long somebody may take to sign in, in milliseconds. */
const longestSignIn = 5 * 60_000;

/**
 * Signs in by the system's browser and a loopback redirect (RFC 8252 section 7.3), with a code that is worth nothing
 * without the verifier that never leaves this process (RFC 7636).
 *
 * Tokenkeep must allow the address: `"allowedExternalRedirectUrls": ["http://127.0.0.1/signed-in"]`.
 */
export async function signIn(tokenkeep: string, provider: string, open: (url: string) => void): Promise<SignedIn> {
  const verifier = randomBytes(32).toString('base64url');
  const code = Promise.withResolvers<string>();
  const server = createServer((request, response) => answer(request, response, code));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const login = new URL(`${tokenkeep}/.auth/login/${provider}`);
  login.search = new URLSearchParams({
    post_login_redirect_uri: `http://127.0.0.1:${port}/signed-in`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const patience = setTimeout(() => code.reject(new Error('Nobody signed in within five minutes.')), longestSignIn);
  try {
    open(login.href);
    return await exchange(tokenkeep, provider, await code.promise, verifier);
  } finally {
    clearTimeout(patience);
    server.close();
    server.closeAllConnections();
  }
}

async function exchange(tokenkeep: string, provider: string, code: string, verifier: string): Promise<SignedIn> {
  const query = new URLSearchParams({ authorization_code: code, code_verifier: verifier });
  const response = await fetch(`${tokenkeep}/.auth/login/${provider}/token?${query}`, {
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`The code was not taken: ${((await response.json()) as { code: string }).code}`);
  return (await response.json()) as SignedIn;
}

/** The code is in the fragment, which browsers send to no server: the page hands it on, then takes it out of the address. */
const page = `<!doctype html><meta charset="utf-8"><title>Signed in</title>
<p>You can close this window and go back to the terminal.</p>
<script>
  fetch('/code', { method: 'POST', body: location.hash.slice(1) });
  history.replaceState(null, '', '/signed-in');
</script>`;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  code: PromiseWithResolvers<string>,
): Promise<void> {
  if (request.method === 'GET' && request.url === '/signed-in') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'no-referrer' }).end(page);
    return;
  }
  if (request.method !== 'POST' || request.url !== '/code') {
    response.writeHead(404).end();
    return;
  }
  const fragment = new URLSearchParams((await text(request)).slice(0, 8_192));
  const given = fragment.get('authorization_code');
  response.writeHead(204).end();
  if (given) code.resolve(given);
  else code.reject(new Error(fragment.get('error') ?? 'The browser came back without a code.'));
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
