import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { revokeGrant, revokeGrants, storeAdapter } from '../../../dev/provider/adapter.ts';
import { RecordStore } from '../../../dev/provider/record-store.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'demo-provider-'));
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

test('a record is one file of its own, named by a hash, readable by its owner only, and survives', () => {
  new RecordStore(directory).put('Session', '../../an id: that is no file name', { uid: 'one' }, 60);
  const [name = ''] = readdirSync(directory);
  expect(readdirSync(directory)).toHaveLength(1);
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  expect(new RecordStore(directory).get('Session', '../../an id: that is no file name')).toEqual({ uid: 'one' });
});

test('records of two models do not meet under one id', () => {
  const store = new RecordStore(directory);
  store.put('Session', 'id', { uid: 'a session' });
  store.put('Grant', 'id', { accountId: 'a user' });
  store.delete('Session', 'id');
  expect(store.get('Session', 'id')).toBeUndefined();
  expect(new RecordStore(directory).get('Grant', 'id')).toEqual({ accountId: 'a user' });
});

test('a change to what was given or taken is no change to what is stored', () => {
  const store = new RecordStore();
  const given = { uid: 'one', params: { scope: 'openid' } };
  store.put('Session', 'id', given);
  given.params.scope = 'changed';
  const taken = store.get('Session', 'id');
  Object.assign(taken ?? {}, { uid: 'changed' });
  expect(store.get('Session', 'id')).toEqual({ uid: 'one', params: { scope: 'openid' } });
});

test('an expired record is not found, and its file goes at the next start', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const store = new RecordStore(directory);
  store.put('Session', 'short', { uid: 'short' }, 10);
  store.put('Session', 'long', { uid: 'long' }, 100);
  store.put('Session', 'endless', { uid: 'endless' });
  vi.setSystemTime(Date.now() + 11_000);
  expect(store.get('Session', 'short')).toBeUndefined();
  expect(store.find('Session', ({ uid }) => uid === 'short')).toBeUndefined();
  expect(readdirSync(directory)).toHaveLength(3);
  new RecordStore(directory);
  expect(readdirSync(directory)).toHaveLength(2);
});

test('a store that runs for long prunes as it goes', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const store = new RecordStore(directory);
  store.put('AccessToken', 'old', { accountId: 'a user' }, 10);
  vi.setSystemTime(Date.now() + 11_000);
  for (let write = 0; write < 500; write += 1) store.put('AccessToken', 'young', { accountId: 'a user' }, 10);
  expect(readdirSync(directory)).toHaveLength(1);
});

test('a change of some members keeps the expiry and the other members', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const store = new RecordStore(directory);
  store.put('RefreshToken', 'id', { grantId: 'grant' }, 10);
  store.patch('RefreshToken', 'id', { consumed: 1 });
  store.patch('RefreshToken', 'nothing', { consumed: 1 });
  expect(new RecordStore(directory).get('RefreshToken', 'id')).toEqual({ grantId: 'grant', consumed: 1 });
  vi.setSystemTime(Date.now() + 11_000);
  expect(store.get('RefreshToken', 'id')).toBeUndefined();
});

test('a token consumed twice takes its grant and all that was issued under it', async () => {
  const store = new RecordStore();
  const adapter = storeAdapter(store)('RefreshToken');
  store.put('Grant', 'grant', { accountId: 'a user' });
  store.put('AccessToken', 'access', { grantId: 'grant' });
  store.put('Interaction', 'interaction', { grantId: 'grant' });
  await adapter.upsert('one', { grantId: 'grant' }, 60);
  await adapter.upsert('two', { grantId: 'grant' }, 60);
  await adapter.consume('one');
  expect(await adapter.find('one')).toMatchObject({ consumed: expect.any(Number) });
  await expect(adapter.consume('one')).rejects.toMatchObject({ error: 'invalid_grant' });
  expect([await adapter.find('two'), store.get('Grant', 'grant'), store.get('AccessToken', 'access')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(store.get('Interaction', 'interaction')).toBeDefined();
});

test('grants are revoked one by one, by user, or all at once', () => {
  const store = new RecordStore(directory);
  const grant = (id: string, accountId: string) => {
    store.put('Grant', id, { accountId });
    store.put('RefreshToken', `token of ${id}`, { accountId, grantId: id });
  };
  grant('one', 'ada');
  grant('two', 'ada');
  grant('three', 'bo');
  grant('four', 'zoe');
  revokeGrant(store, 'one');
  expect(store.get('RefreshToken', 'token of one')).toBeUndefined();
  expect(store.get('RefreshToken', 'token of two')).toBeDefined();
  expect(revokeGrants(store, 'ada')).toBe(1);
  expect(store.get('RefreshToken', 'token of two')).toBeUndefined();
  expect(store.get('RefreshToken', 'token of three')).toBeDefined();
  expect(revokeGrants(store)).toBe(2);
  expect(readdirSync(directory)).toEqual([]);
});

test('a write that fails leaves the old record whole and nothing beside it', () => {
  const store = new RecordStore(directory);
  store.put('Session', 'id', { uid: 'old' });
  const circular: Record<string, unknown> = {};
  circular.itself = circular;
  expect(() => store.put('Session', 'id', { uid: 'new', params: circular })).toThrow();
  const [name = ''] = readdirSync(directory);
  expect(readdirSync(directory)).toHaveLength(1);
  expect(readFileSync(join(directory, name), 'utf8')).toContain('"uid":"old"');
});
