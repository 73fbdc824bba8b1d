import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../shared/app.ts';
import { cookieOf } from '../../../shared/endpoints/session/session-cookie.ts';
import { serializeCookie } from '../../../shared/http/cookies.ts';
import type { Settings } from '../../../shared/settings/settings.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, origin, signedIn } from '../../fixtures/local-app.ts';

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
afterAll(() => local.close());

const withSettings = (changes: Partial<Settings>): App => ({
  ...local.app,
  settings: { ...local.app.settings, ...changes },
});

describe('the session cookie', () => {
  it.each([
    ['https://auth.example.com', 'Lax', 'Secure; SameSite=Lax'],
    ['https://auth.example.com', 'Strict', 'Secure; SameSite=Strict'],
    ['https://auth.example.com', 'None', 'Secure; SameSite=None'],
    ['http://localhost:7071', 'Lax', 'HttpOnly; SameSite=Lax'],
    ['http://localhost:7071', 'Strict', 'HttpOnly; SameSite=Strict'],
    ['http://localhost:7071', 'None', 'HttpOnly; SameSite=Lax'],
  ] as const)('at %s with sameSite %s ends in %s, and so does its deletion', (publicOrigin, sameSite, attributes) => {
    const app = withSettings({ publicOrigin, browser: { allowedOrigins: [], sameSite } });
    for (const token of [new Secret('session_token', 't'), undefined]) {
      expect(serializeCookie(cookieOf(app, token)).slice(-attributes.length)).toBe(attributes);
    }
  });

  it('stays far below what browsers take, whatever the provider says of the user', async () => {
    const { cookie } = await signedIn(local);
    const request = new Request(`${origin}/.auth/me`, { headers: { cookie } });
    const { session, key } = await local.app.authenticate(request);
    const entry = session.entries['demo'];
    if (!entry || key === undefined) throw new Error('there is no entry of the demo provider');
    const groups = Array.from({ length: 500 }, () => crypto.randomUUID());
    const crowded = { ...session, entries: { demo: { ...entry, claims: { ...entry.claims, groups } } } };
    const token = await local.app.sessionTokens.issue(crowded, key);
    expect(JSON.stringify(crowded).length).toBeGreaterThan(16_000);
    expect(serializeCookie(cookieOf(local.app, token)).length).toBeLessThan(1024);
  });
});
