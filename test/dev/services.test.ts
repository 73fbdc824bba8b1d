import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { type LocalApp, type LocalAppOptions, localApp, origin } from '../fixtures/local-app.ts';

let local: LocalApp | undefined;
afterEach(async () => {
  await local?.close();
  local = undefined;
});

const started = async (options: LocalAppOptions = {}) => {
  local = await localApp(options);
  return local;
};

describe('the auth.json of the local stack', () => {
  it('has the demo provider alone unless more is asked for', async () => {
    const { app, services } = await started();
    expect(app.settings.providers.map(({ name }) => name)).toEqual(['demo']);
    expect(Object.keys(services.environment).filter((name) => name.endsWith('_AUTHENTICATION_SECRET'))).toEqual([
      'DEMO_PROVIDER_AUTHENTICATION_SECRET',
    ]);
  });

  it('has a provider for each further registration, where users sign in with a client of its own', async () => {
    const { services, app, browser } = await started({ further: ['second'] });
    expect(app.settings.providers.map(({ name }) => name)).toEqual(['demo', 'second']);
    const { DEMO_PROVIDER_AUTHENTICATION_SECRET, SECOND_PROVIDER_AUTHENTICATION_SECRET } = services.environment;
    expect(SECOND_PROVIDER_AUTHENTICATION_SECRET).toHaveLength(43);
    expect(SECOND_PROVIDER_AUTHENTICATION_SECRET).not.toBe(DEMO_PROVIDER_AUTHENTICATION_SECRET);

    const user = browser();
    await user.signIn(`${origin}/.auth/login/second`, { account: 'bo@example.com' });
    const [entry] = JSON.parse((await user.get(`${origin}/.auth/me`, { accept: 'application/json' })).body);
    expect(entry).toMatchObject({ provider_name: 'second', user_id: 'bo@example.com', refreshable: true });
    expect(entry.user_claims).toContainEqual({ typ: 'aud', val: 'tokenkeep-second' });
  });

  it('is what a change makes of it', async () => {
    const { app } = await started({
      authJson: (document) => ({ ...document, login: { cookieExpiration: { timeToExpiration: '01:00:00' } } }),
    });
    expect(app.settings).toMatchObject({ session: { lifetime: 3600 } });
  });
});

it('the job of the local stack gets access tokens for Tokenkeep', async () => {
  const { services } = await started();
  const { job, provider, environment } = services;
  expect(environment['DEMO_JOB_SECRET']).toBe(job.clientSecret);
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${job.clientId}:${job.clientSecret}`)}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: 'api://tokenkeep',
      scope: 'tokens.read',
    }),
  });
  expect(response.status).toBe(200);
  expect(decodeJwt((await response.json()).access_token)).toMatchObject({
    iss: provider.issuer,
    aud: 'api://tokenkeep',
    sub: 'demo-job',
    client_id: 'demo-job',
    scope: 'tokens.read',
  });
});
