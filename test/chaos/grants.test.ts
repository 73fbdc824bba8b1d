import { afterAll, beforeAll, expect, it } from 'vitest';
import { grantCopier } from '../../chaos/grants.ts';
import { Journal, JournaledRecords } from '../../chaos/journal.ts';
import { type RunningProvider, startProvider } from '../../dev/provider/provider.ts';
import { Browser } from '../../dev/provider/sign-in-client.ts';

const client = { client_id: 'app', client_secret: 'a-secret-of-the-test' };
const redirectUri = 'http://localhost:9/callback';
/** RFC 7636 appendix B. */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

const journal = new Journal();
const records = new JournaledRecords(journal);
let provider: RunningProvider;

beforeAll(async () => {
  provider = await startProvider({
    clients: [{ ...client, redirect_uris: [redirectUri], token_endpoint_auth_method: 'client_secret_post' }],
    records,
  });
});

afterAll(() => provider.close());

interface Answer {
  readonly refresh_token?: string;
  readonly error?: string;
}

async function tokens(parameters: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams({ ...client, ...parameters });
  return (await (await fetch(`${provider.issuer}/token`, { method: 'POST', body })).json()) as Answer;
}

const refresh = async (token: string) => tokens({ grant_type: 'refresh_token', refresh_token: token });

/** The refresh token of somebody who has signed in at the provider. */
async function signedIn(): Promise<string> {
  const url = new URL(`${provider.issuer}/authorize`);
  const scope = 'openid offline_access';
  const request = { client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code', scope };
  url.search = String(new URLSearchParams({ ...request, code_challenge: challenge, code_challenge_method: 'S256' }));
  const arrive = async (address: string, init: RequestInit) =>
    address.startsWith(redirectUri) ? new Response('arrived') : fetch(address, init);
  const visit = await new Browser({ fetch: arrive }).signIn(url.href, { account: 'ada@example.com' });
  const code = new URL(visit.url).searchParams.get('code') ?? '';
  const answer = await tokens({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  return answer.refresh_token ?? '';
}

it('a copied grant rotates like the one of a sign-in, and the journal sees each of its tokens', async () => {
  const copy = grantCopier(records, await signedIn());
  const { grantId, refreshToken } = copy();
  const first = await refresh(refreshToken);
  const second = await refresh(first.refresh_token ?? '');
  const chain = journal.chain(grantId);
  expect(chain).toHaveLength(3);
  for (const [place, token] of [refreshToken, first.refresh_token, second.refresh_token].entries()) {
    expect(journal.link(token ?? '')).toBe(chain[place]);
  }
});

it('a token of it that is used twice ends that grant, and no other', async () => {
  const original = await signedIn();
  const copy = grantCopier(records, original);
  const [one, other] = [copy(), copy()];
  const { refresh_token: successor = '' } = await refresh(one.refreshToken);
  expect((await refresh(one.refreshToken)).error).toBe('invalid_grant');
  expect((await refresh(successor)).error).toBe('invalid_grant');
  expect((await refresh(other.refreshToken)).error).toBeUndefined();
  expect((await refresh(original)).error).toBeUndefined();
});

it('has nothing to copy where the sign-in gave no refresh token', () => {
  expect(() => grantCopier(records, '')).toThrow('no such refresh token');
});
