import { createRemoteJWKSet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import type { DemoJob } from '../../../dev/provider/configuration.ts';
import { client } from './client.ts';
import { authorizationRequest, browser, provider, token } from './relying-party.ts';

const job: DemoJob = {
  client_id: 'a-job',
  client_secret: 'a secret of at least thirty-two characters, too',
  grant_types: ['client_credentials'],
};

const asked = { grant_type: 'client_credentials', resource: 'api://tokenkeep', scope: 'tokens.read' };

const withJob = () => provider({ clients: [client, job], accessTokenSeconds: 120 });

test('a job gets an access token for a resource, in the form of RFC 9068', async () => {
  const { issuer, counters } = await withJob();
  const from = Math.floor(Date.now() / 1000);
  const { status, body } = await token(issuer, asked, job);
  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 120,
    scope: 'tokens.read',
  });
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const { payload, protectedHeader } = await jwtVerify(body.access_token, keys, {
    issuer,
    audience: 'api://tokenkeep',
    subject: job.client_id,
    typ: 'at+jwt',
    algorithms: ['RS256'],
  });
  expect(protectedHeader.kid).toBeTypeOf('string');
  expect(payload).toMatchObject({
    client_id: job.client_id,
    scope: 'tokens.read',
    jti: expect.stringMatching(/^[\w-]{20,}$/),
  });
  const { iat = 0, exp } = payload;
  expect(iat).toBeGreaterThanOrEqual(from);
  expect(exp).toBe(iat + 120);
  expect(counters).toMatchObject({ clientCredentialsGrants: 1, clientCredentialsRefused: 0, codeGrants: 0 });
});

test('a key rotated in signs the next access token', async () => {
  const { issuer, control } = await withJob();
  const before = await token(issuer, asked, job);
  await control.rotateSigningKey();
  const after = await token(issuer, asked, job);
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const kids = [before, after].map(
    async ({ body }) => (await jwtVerify(body.access_token, keys, { issuer })).protectedHeader.kid,
  );
  const [first, second] = await Promise.all(kids);
  expect(second).not.toBe(first);
});

test.each([
  ['a wrong secret', asked, { ...job, client_secret: 'another' }, 401, 'invalid_client'],
  ['a client that signs users in', asked, client, 400, 'invalid_request'],
  ['an unknown resource', { ...asked, resource: 'api://elsewhere' }, job, 400, 'invalid_target'],
])('%s gets no token', async (_, parameters, as, status, error) => {
  const { issuer, counters } = await withJob();
  const answer = await token(issuer, parameters, as);
  expect(answer).toMatchObject({ status, body: { error } });
  expect(answer.body).not.toHaveProperty('access_token');
  expect(counters).toMatchObject({ clientCredentialsGrants: 0, clientCredentialsRefused: 1 });
});

test('what is no scope of the resource is left out', async () => {
  const { issuer } = await withJob();
  const { body } = await token(issuer, { ...asked, scope: 'tokens.read files.read tokens.write' }, job);
  expect(body.scope).toBe('tokens.read');
});

test('without a resource the access token is opaque', async () => {
  const { issuer } = await withJob();
  const { status, body } = await token(issuer, { grant_type: 'client_credentials' }, job);
  expect(status).toBe(200);
  expect(body.access_token).toMatch(/^[\w-]+$/);
});

test('a job can sign nobody in', async () => {
  const { issuer, counters } = await withJob();
  const { response } = await browser().get(authorizationRequest(issuer, { client_id: job.client_id }).url);
  expect(response.status).toBe(400);
  expect(counters.authorizations).toBe(0);
});

test('faults of the token endpoint meet jobs too', async () => {
  const { issuer, control, counters } = await withJob();
  control.fail('token', { status: 503, body: { error: 'temporarily_unavailable' }, times: 1 });
  expect(await token(issuer, asked, job)).toMatchObject({ status: 503 });
  expect((await token(issuer, asked, job)).status).toBe(200);
  expect(counters.clientCredentialsGrants).toBe(1);
});
