import { expect, it } from 'vitest';
import { entryWithTarget, fingerprint, targetName, tokenTimes } from '../../shared/refresh/refreshed-entry.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import type { Entry } from '../../shared/token-store/session.ts';
import { aSession } from '../token-store/sessions.ts';

const now = 1_800_000_000;
const entry = aSession(now * 1000).entries['demo'] ?? expect.fail('there is no entry');
const tokens = { accessToken: new Secret('access_token', 'for the other'), expiresIn: 600 };
const random = { bytes: () => new Uint8Array(), fraction: () => 0 };

it('keeps twenty tokens for further resources, and pushes the oldest out', () => {
  let changed: Entry = entry;
  for (let at = 0; at < 21; at++) {
    changed = entryWithTarget(changed, { resource: `https://${at}.example` }, tokens, now + at, 'read');
  }
  const names = Object.keys(changed.targets ?? {});
  expect(names).toHaveLength(20);
  expect(names).not.toContain('https://0.example');
  expect(names.at(-1)).toBe('https://20.example');
});

it('leaves the entry’s own token and its times alone', () => {
  const changed = entryWithTarget(entry, { scope: 'read' }, tokens, now + 60, 'read');
  const { targets, history, redeemed, ...own } = changed;
  const { history: _, ...before } = entry;
  expect(own).toEqual(before);
  expect(redeemed).toBe(entry.refreshToken && fingerprint(entry.refreshToken));
  expect(targets).toEqual({
    read: { target: { scope: 'read' }, accessToken: tokens.accessToken, issuedAt: now + 60, expiresAt: now + 660 },
  });
  expect(history).toEqual([{ at: now + 60, by: 'read', target: 'read' }]);
});

it('takes a refresh token that came along', () => {
  const refreshToken = new Secret('refresh_token', 'rotated');
  const changed = entryWithTarget(entry, { scope: 'read' }, { ...tokens, refreshToken }, now, 'request');
  expect(changed.refreshToken?.reveal()).toBe('rotated');
  expect(changed.shownTarget).toBe('read');
});

it('names a target by resource and scope', () => {
  expect(targetName({ resource: 'https://a.example', scope: 'b c' })).toBe('https://a.example b c');
});

it('a provider may say when its tokens are to be refreshed', () => {
  const refreshToken = new Secret('refresh_token', 'r');
  expect(tokenTimes({ ...tokens, refreshToken, refreshAfter: 90 }, now, random)).toEqual({
    issuedAt: now,
    expiresAt: now + 600,
    refreshAt: now + 90,
  });
  expect(tokenTimes({ refreshToken, refreshAfter: 90 }, now, random)).toEqual({ issuedAt: now, refreshAt: now + 90 });
  expect(tokenTimes({ ...tokens, refreshAfter: 90 }, now, random)).not.toHaveProperty('refreshAt');
});
