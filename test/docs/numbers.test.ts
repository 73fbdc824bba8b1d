import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { largestBody } from '../../shared/endpoints/handle.ts';
import { outboundLimit, outboundTimeout } from '../../shared/http/outbound.ts';
import type { Random } from '../../shared/platform.ts';
import { recoveryQueueName, visitQueueName } from '../../shared/refresh/queues.ts';
import { isExpiring, refreshDue, retryDue } from '../../shared/refresh/schedule.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { epochSeconds } from '../../shared/token-store/key-ring.ts';
import { leaseSeconds } from '../../shared/token-store/lease.ts';
import { historyLength } from '../../shared/token-store/session.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const pages = {
  refresh: read('docs/reference/refresh.md'),
  security: read('docs/reference/security.md'),
  dataAtRest: read('docs/reference/data-at-rest.md'),
  http: read('docs/reference/http.md'),
};

/** Draws always the same fraction. */
const drawing = (fraction: number): Random => ({ fraction: () => fraction, bytes: (count) => new Uint8Array(count) });
const least = drawing(0);
const most = drawing(1 - 2 ** -32);

/** The cells of a row of the table of the schedule: for a life of an hour, and for one of 90 seconds. */
function cells(row: string): string[] {
  const [, line = ''] = new RegExp(`^\\| ${row} \\| .+? \\| (.+) \\|$`, 'm').exec(pages.refresh) ?? [];
  return line.split(' | ');
}

describe('the schedule on the page is that of the code', () => {
  it('when a token is due', () => {
    const leadOf = (life: number, random: Random) => life - refreshDue(0, life, random);
    const [hour, short] = cells('Due');
    expect(hour).toBe(`${leadOf(3600, least) / 60} to ${Math.floor(leadOf(3600, most) / 60)} min before the end`);
    expect(short).toBe(`${leadOf(90, least)} to ${leadOf(90, most)} s before the end`);
  });

  it('when a reader refreshes', () => {
    const last = (life: number) => {
      const entry = {
        issuer: '',
        subject: '',
        claims: {},
        accessToken: new Secret('access_token', ''),
        refreshToken: new Secret('refresh_token', ''),
        issuedAt: 0,
        expiresAt: life,
        failures: 0,
        history: [],
      };
      const seconds = Array.from({ length: life }, (_, left) => left);
      return Math.max(...seconds.filter((left) => isExpiring(entry, life - left)));
    };
    expect(cells('A reader refreshes')).toEqual([`last ${last(3600)} s`, `last ${last(90)} s`]);
  });

  it('when a failed refresh is tried again', () => {
    const [, first, longest, low, high] =
      /by\s(\d+) s × 2ⁿ⁻¹, at most (\d+) min, times a random factor from ([\d.]+) to (\d)/.exec(pages.refresh) ?? [];
    expect([retryDue(0, 1, undefined, least), retryDue(0, 1, undefined, most)]).toEqual([
      Number(first) * Number(low),
      Number(first) * Number(high),
    ]);
    expect(retryDue(0, 2, undefined, most)).toBe(Number(first) * 2);
    expect(retryDue(0, 50, undefined, most)).toBe(Number(longest) * 60);
  });
});

describe('numbers on the pages are those of the code', () => {
  it('the lease, the history, the age of an epoch', () => {
    expect(pages.refresh).toContain(`a blob lease decides: ${leaseSeconds} seconds, renewed at half its life`);
    expect(pages.dataAtRest).toContain(`the last ${historyLength} refreshes`);
    expect(pages.http).toContain(`The last ${historyLength} refreshes`);
    expect(pages.dataAtRest).toContain(`An epoch that is ${epochSeconds / 86_400} days old gets a successor`);
  });

  it('the bounds of outbound and inbound calls', () => {
    const provider = `${outboundTimeout / 1000} s, body included | ${outboundLimit / 1024} KiB | refused`;
    expect(pages.security).toContain(`| Provider: discovery, keys, userinfo | ${provider} |`);
    expect(pages.security).toContain(`bodies over ${largestBody / 1024} KiB are refused`);
  });

  it('the queues, and how often a rescued session is delivered', () => {
    const { queues } = JSON.parse(read('host.json')).extensions;
    const pause = /^00:00:(\d\d)$/.exec(queues.visibilityTimeout)?.[1];
    expect(pages.refresh.replaceAll('\n', ' ')).toContain(
      `message comes back every ${pause} seconds. After ${queues.maxDequeueCount} deliveries`,
    );
    for (const name of [visitQueueName, recoveryQueueName]) expect(pages.dataAtRest).toContain(`\`${name}\``);
    expect(pages.refresh).toContain(`\`${recoveryQueueName}-poison\``);
  });
});
