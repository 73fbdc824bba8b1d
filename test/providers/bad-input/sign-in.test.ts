import { describe, expect, it } from 'vitest';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { faults, type TestBed, testBedOf } from './setup.ts';
import { type Refusal, type Spoiling, spoilings } from './subject.ts';
import { subjects } from './subjects.ts';

const badIdToken: Readonly<Record<Spoiling, Refusal>> = {
  'wrong-aud': [401, 'id_token_invalid'],
  'wrong-iss': [401, 'id_token_invalid'],
  'bad-signature': [401, 'id_token_invalid'],
  expired: [401, 'id_token_out_of_time'],
};

describe.each(subjects)('a sign-in by $title', (subject) => {
  const bed = testBedOf(subject);
  const path = `/.auth/login/${subject.name}`;
  const allPaths = [subject.tokenPath, ...subject.callbackPaths];

  /** A browser at the callback, and the address that the provider sent it to. */
  async function returning({ browser }: TestBed) {
    const held = browser();
    return { held, url: await held.authorize(path) };
  }

  /** What takes the place of a code in OAuth 1.0a has another name. */
  const codeIn = ({ searchParams }: URL) => (searchParams.has('code') ? 'code' : 'oauth_verifier');

  it('ends with a session', async () => {
    const { held, url } = await returning(bed());
    expect((await held.open(url)).headers.get('set-cookie')).toContain('AppServiceAuthSession=');
  });

  it.each<[string, (code: string, other: string) => string]>([
    ['was changed', (code) => `${code}0`],
    ['is of another sign-in, and spent', (_code, other) => other],
  ])('ends with none when the code %s', async (_what, spoilt) => {
    const other = await returning(bed());
    await other.held.open(other.url);
    const { held, url } = await returning(bed());
    const name = codeIn(url);
    url.searchParams.set(name, spoilt(url.searchParams.get(name) ?? '', other.url.searchParams.get(name) ?? ''));
    await bed().refused(() => held.open(url), 401, 'sign_in_code_refused');
  });

  it('ends with none when the user does not agree', async () => {
    const { held, url } = await returning(bed());
    const requestToken = url.searchParams.get('oauth_token');
    for (const name of ['code', 'oauth_token', 'oauth_verifier']) url.searchParams.delete(name);
    url.searchParams.set(requestToken ? 'denied' : 'error', requestToken ?? 'access_denied');
    await bed().refused(() => held.open(url), 401, 'sign_in_refused');
  });

  it.each(faults)('ends with none while the provider %s', async (_what, fault, ...refusal) => {
    const { vendor, fresh, refused } = bed();
    for (const path of allPaths) {
      const { held, url } = await returning(bed());
      held.at = fresh();
      vendor.fail(path, fault);
      await refused(() => held.open(url), ...refusal);
      vendor.clear();
    }
  });

  it('ends with none while the provider does not answer', async () => {
    const { vendor, fresh, refused } = bed();
    for (const path of allPaths) {
      const { held, url } = await returning(bed());
      held.at = fresh();
      await refused(() => outcomeOfSilence(vendor, path, () => held.open(url)), 503, 'provider_unavailable');
      vendor.clear();
    }
  });

  it('ends with none where a page is in the place of the tokens', async () => {
    const { vendor, refused } = bed();
    const { held, url } = await returning(bed());
    vendor.fail(subject.tokenPath, { status: 200, body: '<html>' });
    await refused(() => held.open(url), 502, 'provider_response_invalid');
  });

  it('ends with none where the provider refuses the client secret', async () => {
    const { fresh, refused, browser } = bed();
    const held = browser();
    const url = subject.needsSecretFirst ? path : await held.authorize(path);
    held.at = fresh(subject.settings('not-the-client-secret'));
    await refused(() => held.open(url), 502, 'provider_misconfigured');
  });

  const spoilt = subject.spoilIdToken ? spoilings : [];
  it.each(spoilt)('ends with none when the ID token is bad: %s', async (spoiling) => {
    const { vendor, refused } = bed();
    const { held, url } = await returning(bed());
    const asked = vendor.received.findLast((one) => one.url.searchParams.has('nonce'));
    await subject.spoilIdToken?.(spoiling, asked?.url.searchParams.get('nonce') ?? undefined);
    await refused(() => held.open(url), ...badIdToken[spoiling]);
  });
});
