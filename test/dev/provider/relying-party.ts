import { createHash, randomBytes } from 'node:crypto';
import { afterEach } from 'vitest';
import type { DemoClient, DemoJob } from '../../../dev/provider/configuration.ts';
import { type NavigationRequest, sendNavigation } from '../../../dev/provider/navigation-request.ts';
import { type ProviderOptions, type RunningProvider, startProvider } from '../../../dev/provider/provider.ts';
import { Browser, type SignInChoice, type Visit } from '../../../dev/provider/sign-in-client.ts';
import { callback, client } from './client.ts';

const running: RunningProvider[] = [];

/** A provider that is closed after the test. */
export async function provider(options: Partial<ProviderOptions> = {}): Promise<RunningProvider> {
  const started = await startProvider({ clients: [client], ...options });
  running.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ close }) => close()));
});

/** A browser for which the application's own addresses answer with an empty page, after `arrived` saw the request. */
export function browser(arrived: (url: string, request: NavigationRequest) => void = () => {}): Browser {
  return new Browser({
    fetch: async (url, request) => {
      if (new URL(url).port !== '9') return sendNavigation(url, request);
      arrived(url, request);
      return new Response('the application');
    },
  });
}

const scope = 'openid profile email offline_access';

export interface Request {
  url: string;
  verifier: string;
  nonce: string;
}

/** An authorization request with PKCE; `change` replaces parameters, and drops those that are undefined. */
export function authorizationRequest(issuer: string, change: Record<string, string | undefined> = {}): Request {
  const verifier = randomBytes(32).toString('base64url');
  const nonce = randomBytes(16).toString('base64url');
  const parameters: Record<string, string | undefined> = {
    client_id: client.client_id,
    redirect_uri: callback,
    response_type: 'code',
    scope,
    state: 'the state',
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { url: `${issuer}/authorize?${new URLSearchParams(given)}`, verifier, nonce };
}

export interface TokenAnswer {
  status: number;
  headers: Headers;
  body: {
    access_token: string;
    id_token: string;
    refresh_token: string;
    expires_in: number;
    scope: string;
    error?: string;
  };
}

/** A request to the token endpoint, authenticated as the client. Rejects when the connection is cut. */
export async function token(
  issuer: string,
  parameters: Record<string, string>,
  as: DemoClient | DemoJob = client,
): Promise<TokenAnswer> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic(as) },
    body: new URLSearchParams(parameters),
  });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

export function exchange(issuer: string, { verifier }: Request, visit: Visit, as = client): Promise<TokenAnswer> {
  const code = new URL(visit.url).searchParams.get('code') ?? '';
  const parameters = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier };
  return token(issuer, parameters, as);
}

export function refresh(issuer: string, refreshToken: string): Promise<TokenAnswer> {
  return token(issuer, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

/** A whole sign-in, from the authorization request to the tokens. */
export async function signIn(
  issuer: string,
  choice: SignInChoice = { account: 'ada@example.com' },
  using = browser(),
): Promise<TokenAnswer['body']> {
  const request = authorizationRequest(issuer);
  const answer = await exchange(issuer, request, await using.signIn(request.url, choice));
  if (answer.status !== 200) throw new Error(`The token endpoint answered ${answer.status}`);
  return answer.body;
}

export function basic({ client_id, client_secret }: DemoClient | DemoJob): string {
  const pair = [client_id, client_secret].map(encodeURIComponent).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
