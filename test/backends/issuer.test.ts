import { expect, it, onTestFinished } from 'vitest';
import { createBackendCheck } from '../../shared/backends/token-check.ts';
import { machine } from '../../shared/platform.ts';
import type { BackendSettings } from '../../shared/settings/settings.ts';
import { type JobIssuer, startJobIssuer } from '../fixtures/backends.ts';

const openid = '/.well-known/openid-configuration';
const oauth = '/.well-known/oauth-authorization-server';

async function issuerAt(wellKnown: string): Promise<JobIssuer> {
  const jobs = await startJobIssuer(wellKnown);
  onTestFinished(() => jobs.close());
  return jobs;
}

function checkOf({ issuer }: JobIssuer): (token: string) => Promise<string> {
  const backend: BackendSettings = {
    name: 'reports',
    title: 'Reports',
    purpose: 'Reports',
    issuer,
    audiences: ['api://other', 'api://tokenkeep'],
    applicationId: 'job',
    scope: 'tokens.read',
    providers: new Map(),
    tokensPerHour: 1,
  };
  const check = createBackendCheck([backend], machine);
  return async (token) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await check(new Request('https://a.example', { headers }))).name;
  };
}

const asked = (jobs: JobIssuer) => jobs.received.map(({ url }) => url.pathname);

it('an issuer is known by OpenID Connect Discovery, for any of the audiences', async () => {
  const jobs = await issuerAt(openid);
  const check = checkOf(jobs);
  expect(await check(await jobs.token(Date.now()))).toBe('reports');
  expect(await check(await jobs.token(Date.now(), { aud: ['api://other'] }))).toBe('reports');
  expect(asked(jobs)).toEqual([openid, '/jwks']);
});

it('one that has no such document is known by RFC 8414, and the other is not asked for again', async () => {
  const jobs = await issuerAt(oauth);
  const check = checkOf(jobs);
  for (let call = 0; call < 2; call++) expect(await check(await jobs.token(Date.now()))).toBe('reports');
  expect(asked(jobs)).toEqual([openid, oauth, '/jwks']);
});

it('one that does not answer is no reason to look elsewhere', async () => {
  const jobs = await issuerAt(openid);
  const check = checkOf(jobs);
  jobs.fail(openid, 'cut', 1);
  await expect(check(await jobs.token(Date.now()))).rejects.toMatchObject({ code: 'provider_unavailable' });
  expect(asked(jobs)).toEqual([openid]);
  expect(await check(await jobs.token(Date.now()))).toBe('reports');
});
