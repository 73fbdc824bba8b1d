import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sasExpiry, warnOfSasExpiry } from '../../shared/endpoints/sas-expiry.ts';
import { sweepDue } from '../../shared/endpoints/visits.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';

const day = 24 * 3600;
const warnings = () => local.logged.filter(({ event }) => event === 'container_access_expires_soon');

let local: LocalApp;
beforeAll(async () => {
  local = await localApp();
});
beforeEach(() => local.clock.reset());
afterAll(() => local.close());

/** Moves the time to some minutes past an hour, so many days from now. The local SAS is good for a year. */
function advanceTo(days: number, minutes: number): void {
  const then = local.clock.now() / 1000 + days * day;
  local.clock.advance(Math.floor(then / 3600) * 3600 + minutes * 60 + 1 - local.clock.now() / 1000);
}

it('is warned of on the hour in the last 14 days, not before', async () => {
  advanceTo(340, 0);
  await sweepDue(local.app);
  expect(warnings()).toEqual([]);
  local.clock.reset();
  advanceTo(355, 0);
  await sweepDue(local.app);
  expect(warnings()).toMatchObject([{ level: 'warn', expires: expect.stringMatching(/^20\d\d-.*Z$/) }]);
});

it('is not warned of with every minute', async () => {
  const before = warnings().length;
  advanceTo(355, 17);
  await sweepDue(local.app);
  expect(warnings()).toHaveLength(before);
});

it('stands in the health report', async () => {
  const { sas_expires_on } = (await (await local.fetch('/.auth/health')).json()) as { sas_expires_on: string };
  const days = (Date.parse(sas_expires_on) - local.clock.now()) / 1000 / day;
  expect(days).toBeGreaterThan(364);
  expect(days).toBeLessThan(366);
});

it('of several containers, each that ends soon is warned of, and the first to end stands in the health report', async () => {
  const now = Math.floor(local.clock.now() / 1000);
  const [{ address }] = local.app.settings.containers;
  const ending = (name: string, days: number) => {
    const sasUrl = new Secret('sas_url', '');
    return { address: `${address}-${name}`, sasUrl, deletes: true, expiresAt: now + days * day };
  };
  const containers = [ending('late', 200), ending('soon', 13), ending('sooner', 5)] as const;
  const app = { ...local.app, settings: { ...local.app.settings, containers } };
  const before = warnings().length;
  warnOfSasExpiry(app);
  expect(
    warnings()
      .slice(before)
      .map(({ container }) => container),
  ).toEqual([`${address}-soon`, `${address}-sooner`]);
  expect(sasExpiry(app)).toBe(now + 5 * day);
});
