import { describe, expect, it } from 'vitest';
import { readSasUrl } from '../../shared/settings/sas-url.ts';
import { now, sasUrl } from './example.ts';

/** The example with parameters changed, or taken away where undefined. */
function changed(parameters: Record<string, string | undefined>, base = sasUrl): string {
  const url = new URL(base);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
}

describe('a container SAS URL', () => {
  it.each([
    ['everything', { sp: 'rwdl' }, true],
    ['more than everything', { sp: 'racwdxyltmeopi' }, true],
    ['all but delete', { sp: 'rwl' }, false],
  ])('may grant %s', (_, parameters, deletes) => {
    expect(readSasUrl(changed(parameters), now)).toEqual({ expiresAt: Date.UTC(2027, 0, 1) / 1000, deletes });
  });

  it.each([
    ['2027-01-01', Date.UTC(2027, 0, 1)],
    ['2027-01-01T12:30Z', Date.UTC(2027, 0, 1, 12, 30)],
    ['2027-01-01T12:30:15Z', Date.UTC(2027, 0, 1, 12, 30, 15)],
    ['2027-01-01T12:30:15.1234567Z', Date.UTC(2027, 0, 1, 12, 30, 15) + 123],
  ])('may expire at %s', (se, time) => {
    expect(readSasUrl(changed({ se }), now)).toMatchObject({ expiresAt: time / 1000 });
  });

  it('may leave expiry and permissions to a stored access policy', () => {
    const policy = { si: 'policy', se: undefined, sp: undefined };
    expect(readSasUrl(changed(policy), now)).toEqual({ deletes: true });
    expect(readSasUrl(changed({ ...policy, sp: 'rwl', se: '2027-01-01' }), now)).toEqual({
      expiresAt: Date.UTC(2027, 0, 1) / 1000,
      deletes: false,
    });
  });

  it('may be of a container on this machine', () => {
    const query = new URL(sasUrl).search;
    expect(readSasUrl(`http://127.0.0.1:10000/devstoreaccount1/tokens${query}`, now)).toHaveProperty('deletes', true);
  });

  it.each<[string, string, string]>([
    ['no URL', 'nonsense', 'text that is not a URL'],
    ['no https', sasUrl.replace('https:', 'http:'), 'a URL that is not https'],
    ['no container', sasUrl.replace('/tokens', ''), 'a URL that names no container'],
    ['no signature', changed({ sig: undefined }), 'a URL without a signature (sig)'],
    ['an empty signature', changed({ sig: '' }), 'a URL without a signature (sig)'],
    ['a SAS of one blob', changed({ sr: 'b' }), 'a SAS that is not scoped to a container'],
    [
      'a SAS of the account',
      changed({ sr: undefined, ss: 'b', srt: 'sco' }),
      'a SAS that is not scoped to a container',
    ],
    ['no permission to read', changed({ sp: 'wdl' }), 'a SAS without permission r'],
    ['no permission to write', changed({ sp: 'rdl' }), 'a SAS without permission w'],
    ['no permission to list', changed({ sp: 'rwd' }), 'a SAS without permission l'],
    ['only read', changed({ sp: 'r' }), 'a SAS without permission w, l'],
    ['no permissions at all', changed({ sp: undefined }), 'a SAS without permission r, w, l'],
    ['no expiry', changed({ se: undefined }), 'a SAS without an expiry (se) that can be read'],
    ['an expiry that is no time', changed({ se: 'soon' }), 'a SAS without an expiry (se) that can be read'],
    ['no time beside a policy', changed({ se: 'soon', si: 'p' }), 'a SAS without an expiry (se) that can be read'],
    ['a past expiry', changed({ se: '2025-12-31T23:59:59Z' }), 'a SAS that expired at 2025-12-31T23:59:59.000Z'],
    ['an expiry just now', changed({ se: '2026-01-01T00:00:00Z' }), 'a SAS that expired at 2026-01-01T00:00:00.000Z'],
    [
      'a past expiry beside a policy',
      changed({ se: '2025-01-01', si: 'p' }),
      'a SAS that expired at 2025-01-01T00:00:00.000Z',
    ],
  ])('is refused with %s', (_, text, found) => {
    const outcome = readSasUrl(text, now);
    expect(outcome).toEqual({ found, expected: expect.stringMatching(/SAS|valid/) });
    expect(JSON.stringify(outcome)).not.toContain('sassignature');
  });
});
