/** What the job is configured with: where it signs in, and for whom it works. */
export interface JobSettings {
  readonly tokenkeep: string;
  /** The token endpoint of the issuer that auth.json names for this backend. */
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `{provider}:{id}`, as the app saw it in `X-MS-CLIENT-PRINCIPAL-IDP` and `-ID` when the user was there. */
  readonly user: string;
  /** The provider whose API is to be called, and where that is. */
  readonly provider: string;
  readonly notes: string;
}

/** Milliseconds. */
const patience = 10_000;

/** Posts a note in the name of a user who is not there. Throws what stood in the way, by its code. */
export async function postNote(settings: JobSettings, text: string): Promise<void> {
  const token = await userToken(settings, await ownToken(settings));
  const response = await fetch(settings.notes, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
    signal: AbortSignal.timeout(patience),
  });
  if (!response.ok) throw new Error(`The notes API answered ${response.status}.`);
}

/** The job's own token, by the client-credentials grant (RFC 6749 section 4.4). In Azure a managed identity gives it. */
async function ownToken({ tokenEndpoint, clientId, clientSecret }: JobSettings): Promise<string> {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: 'api://tokenkeep',
      scope: 'tokens.read',
    }),
    signal: AbortSignal.timeout(patience),
  });
  if (!response.ok) throw new Error(`The issuer gave the job no token: ${response.status}.`);
  return ((await response.json()) as { access_token: string }).access_token;
}

/** The user's token, which Tokenkeep has kept fresh. */
async function userToken({ tokenkeep, user, provider }: JobSettings, own: string): Promise<string> {
  const address = `${tokenkeep}/.auth/users/${encodeURIComponent(user)}/tokens/${provider}`;
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${own}`, 'x-tokenkeep-purpose': 'nightly note' },
    signal: AbortSignal.timeout(patience),
  });
  if (!response.ok) throw new Error(((await response.json()) as { code: string }).code);
  return ((await response.json()) as { access_token: string }).access_token;
}
