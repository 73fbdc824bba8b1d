import { createHash } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Agenda, createAgenda } from '../../shared/token-store/agenda.ts';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container } from '../../shared/token-store/container.ts';
import { type Marker, type Minute, sessionIdOf } from '../../shared/token-store/names.ts';
import { gathered, localContainer } from './local-store.ts';
import { startStorageProxy } from './storage-proxy.ts';

const proxy = await startStorageProxy();
afterAll(() => proxy.close());

let now: number;
let container: Container;
let agenda: Agenda;
beforeEach(async () => {
  const place = await localContainer();
  container = azureContainer({ url: proxy.through(place.url), deletes: true });
  now = Date.UTC(2026, 5, 1, 12, 30, 15);
  agenda = createAgenda(container, { now: () => now, sleep: async () => {} });
  proxy.requests.length = 0;
  delete proxy.pageSize;
});

const marker = (minute: string, session = 'one'): Marker => ({ minute: minute as Minute, id: sessionIdOf(session) });
const minutes = async () => (await gathered(agenda.due())).map(({ minute }) => minute);
const file = (...filed: Marker[]) => Promise.all(filed.map((one) => agenda.file(one)));

it('has nothing due while nothing is filed', async () => {
  expect(await gathered(agenda.due())).toEqual([]);
});

it('gives what is due, oldest first, across minutes, hours, days and years', async () => {
  const due = ['202512312359', '202605312359', '202606010000', '202606011159', '202606011229'];
  await file(...due.toReversed().map((minute) => marker(minute)));
  expect(await minutes()).toEqual(due);
});

it('gives every session of a minute', async () => {
  const sessions = Array.from({ length: 5 }, (_, number) => marker('202606011200', `session ${number}`));
  await file(...sessions);
  const due = await gathered(agenda.due());
  expect(due.map(({ id }) => id).toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
});

it('counts the minute that has begun as due, and the one that has not as not', async () => {
  await file(marker('202606011230'), marker('202606011231'));
  expect(await minutes()).toEqual(['202606011230']);
  now = Date.UTC(2026, 5, 1, 12, 30, 59, 999);
  expect(await minutes()).toEqual(['202606011230']);
  now = Date.UTC(2026, 5, 1, 12, 31);
  expect(await minutes()).toEqual(['202606011230', '202606011231']);
});

it('gives a marker again until it is cleared', async () => {
  const [one, other] = [marker('202606011200', 'one'), marker('202606011200', 'other')];
  await file(one, other);
  expect(await minutes()).toHaveLength(2);
  await agenda.clear(one);
  expect(await gathered(agenda.due())).toEqual([other]);
  await agenda.clear(one);
  await agenda.clear(other);
  expect(await gathered(agenda.due())).toEqual([]);
});

describe('what it costs', () => {
  it('is one listing, however much is filed for later', async () => {
    const later = Array.from({ length: 40 }, (_, number) => marker(`20260602${String(number + 1000)}`, `${number}`));
    await file(marker('202606011200'), ...later);
    proxy.pageSize = 5;
    proxy.requests.length = 0;
    expect(await minutes()).toEqual(['202606011200']);
    expect(proxy.requests.map(({ method, target }) => [method, target.includes('comp=list')])).toEqual([['GET', true]]);
  });

  it('grows by the page with what is due', async () => {
    const due = Array.from({ length: 12 }, (_, number) => marker(`20260601${String(number + 1000)}`));
    await file(...due, marker('202606020000'));
    proxy.pageSize = 5;
    proxy.requests.length = 0;
    expect(await minutes()).toHaveLength(12);
    expect(proxy.requests).toHaveLength(3);
  });
});

it.each([
  ['that sort before', 'agenda/0'],
  ['among the minutes', 'agenda/202606011200'],
  ['that look almost right', `agenda/202606011200/${createHash('sha256').update('x').digest('hex').toUpperCase()}`],
  ['that sort behind', 'agenda/zzz'],
])('does not lose a session behind other names %s', async (_, name) => {
  await container.mark(name);
  await file(marker('202606011200'), marker('202606011205'));
  expect(await minutes()).toEqual(['202606011200', '202606011205']);
});
