import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sweepDue } from '../../shared/endpoints/visits.ts';
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
