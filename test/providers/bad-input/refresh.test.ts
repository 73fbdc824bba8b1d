import { describe, expect, it } from 'vitest';
import { outcomeOfSilence } from '../../fixtures/time-limits.ts';
import { faults, type TestBed, testBedOf } from './setup.ts';
import { type Subject, spoilings } from './subject.ts';
import { subjects } from './subjects.ts';

const refreshable = subjects.filter(({ offline }) => offline !== undefined);
const others = subjects.filter(({ offline }) => offline === undefined);

describe.each(refreshable)('a refresh at $title', (subject) => {
  const bed = testBedOf(subject);
  const session = () => signedIn(bed, subject);

  it('gives another access token', async () => {
    const { refresh, shown } = await session();
    const before = await shown();
    expect((await refresh()).status).toBe(200);
    expect((await shown()).access_token).not.toBe(before.access_token);
  });

  it('is refused for good when the refresh token was revoked', async () => {
    const { refresh, shown } = await session();
    const before = await shown();
    subject.revoke();
    await bed().refused(refresh, 403, 'refresh_refused');
    expect(await shown()).toMatchObject({ access_token: before.access_token, refreshable: false });
  });

  it.each(faults)('waits while the provider %s, and the tokens stay', async (_what, fault) => {
    const { refresh, shown } = await session();
    const before = await shown();
    bed().vendor.fail(subject.tokenPath, fault);
    const { retryAfter } = await bed().refused(refresh, 503, 'refresh_unavailable');
    expect(retryAfter).toBeGreaterThan(0);
    expect(await shown()).toMatchObject({ access_token: before.access_token, refreshable: true });
    bed().vendor.clear();
    bed().advance(retryAfter);
    expect((await refresh()).status).toBe(200);
  });

  it('waits while the provider does not answer, and the tokens stay', async () => {
    const { refresh, shown } = await session();
    const before = await shown();
    const late = () => outcomeOfSilence(bed().vendor, subject.tokenPath, refresh);
    await bed().refused(late, 503, 'refresh_unavailable');
    expect(await shown()).toMatchObject({ access_token: before.access_token, refreshable: true });
  });

  it('waits where the provider refuses the client secret, since that can be put right', async () => {
    const { held, refresh, shown } = await session();
    const before = await shown();
    held.at = bed().fresh(subject.settings('not-the-client-secret'));
    await bed().refused(refresh, 503, 'refresh_unavailable');
    expect(await shown()).toMatchObject({ access_token: before.access_token, refreshable: true });
  });

  const [lies, late] = subject.spoilIdToken
    ? [spoilings.filter((one) => one !== 'expired'), ['expired'] as const]
    : [[], []];
  it.each(lies)('is refused for good when the new ID token is bad: %s', async (spoiling) => {
    const { refresh, shown } = await session();
    const before = await shown();
    await subject.spoilIdToken?.(spoiling, undefined);
    await bed().refused(refresh, 403, 'refresh_refused');
    expect(await shown()).toMatchObject({ access_token: before.access_token, id_token: before.id_token });
  });

  it.each(late)('leaves a new ID token out that has %s', async (spoiling) => {
    const { refresh, shown } = await session();
    const before = await shown();
    await subject.spoilIdToken?.(spoiling, undefined);
    expect((await refresh()).status).toBe(200);
    const after = await shown();
    expect(after.id_token).toBe(before.id_token);
    expect(after.access_token).not.toBe(before.access_token);
  });
});

describe.each(others)('a session by $title', (subject) => {
  const bed = testBedOf(subject);

  it('cannot be refreshed, and says what that would take', async () => {
    const { refresh, shown } = await signedIn(bed, subject);
    expect(await shown()).toMatchObject({ refreshable: false });
    const { detail } = await bed().refused(refresh, 400, 'refresh_not_possible');
    expect(detail).toContain('refresh token');
  });
});

interface Shown {
  readonly access_token: string;
  readonly id_token?: string;
}

/** A browser with a session that was begun at the provider. */
async function signedIn(bed: () => TestBed, { name, offline }: Subject) {
  const held = bed().browser();
  await held.open(await held.authorize(`/.auth/login/${name}${offline ?? ''}`));
  return {
    held,
    refresh: () => held.open('/.auth/refresh'),
    async shown(): Promise<Shown> {
      const [entry] = (await (await held.open('/.auth/me')).json()) as Shown[];
      return entry ?? expect.fail('there is no entry');
    },
  };
}
