import { describe, expect, it } from 'vitest';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { faults, testBedOf } from './setup.ts';
import { subjects } from './subjects.ts';

describe.each(subjects)('what a client brings to $title', (subject) => {
  const bed = testBedOf(subject);

  it.each(subject.refuses)('is refused when it is %s', async (_what, body, ...refusal) => {
    const { post, refused } = bed();
    const brought = await body();
    await refused(() => post(brought), ...refusal);
  });

  describe.each(subject.brings)('$what', ({ body, asks, wrongSecret }) => {
    it('opens a session', async () => {
      expect((await bed().post(await body())).status).toBe(200);
    });

    it.each(faults)('opens none while the provider %s', async (_what, fault, ...refusal) => {
      const { vendor, fresh, post, refused } = bed();
      for (const path of asks) {
        const brought = await body();
        vendor.fail(path, fault);
        await refused(() => post(brought, fresh()), ...refusal);
        vendor.clear();
      }
    });

    it('opens none while the provider does not answer', async () => {
      const { vendor, fresh, post, refused } = bed();
      for (const path of asks) {
        const [brought, app] = [await body(), fresh()];
        await refused(() => outcomeOfSilence(vendor, path, () => post(brought, app)), 503, 'provider_unavailable');
        vendor.clear();
      }
    });

    const refusals = wrongSecret ? [wrongSecret] : [];
    it.each(refusals)('opens none where the provider refuses the client secret (%i %s)', async (...refusal) => {
      const { fresh, post, refused } = bed();
      const brought = await body();
      const app = fresh(subject.settings('not-the-client-secret'));
      await refused(() => post(brought, app), ...refusal);
    });
  });
});
