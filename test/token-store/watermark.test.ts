import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Agenda, createAgenda } from '../../shared/token-store/agenda.ts';
import { azureContainer } from '../../shared/token-store/azure-container.ts';
import type { Container } from '../../shared/token-store/container.ts';
import { type Marker, type Minute, minuteOf, sessionIdOf } from '../../shared/token-store/names.ts';
import { faultyContainer, type Interference } from '../fixtures/faulty-container.ts';
import { gathered, localContainer } from './local-store.ts';
import { startStorageProxy } from './storage-proxy.ts';

const proxy = await startStorageProxy();
afterAll(() => proxy.close());

let now: number;
let container: Container;
let agenda: Agenda;
let instance: (interference?: Interference) => Agenda;
beforeEach(async () => {
  const place = await localContainer('rwl');
  container = azureContainer({ url: proxy.through(place.url), deletes: false });
  now = Date.UTC(2026, 5, 1, 12, 30, 15);
  instance = (interference = {}) =>
    createAgenda(faultyContainer(container, interference), { now: () => now, sleep: async () => {} });
  agenda = instance();
  proxy.requests.length = 0;
});

const hours = (count: number) => {
  now += count * 3_600_000;
};
const marker = (minute: string, session = 'one'): Marker => ({ minute: minute as Minute, id: sessionIdOf(session) });
const due = async (from = agenda) => (await gathered(from.due())).map(({ minute }) => minute);
const watermark = async () => {
  const read = await container.read('agenda/watermark');
  return read.status === 'found' ? read.body : undefined;
};
/** The prefixes that were listed since the last look. */
const listed = () => {
  const prefixes = proxy.requests.map(({ target }) => /prefix=agenda\/(\d*)/.exec(target)?.[1]);
  proxy.requests.length = 0;
  return prefixes.filter((prefix) => prefix !== undefined);
};

describe('where removed markers stay behind', () => {
  it('passes over what is done', async () => {
    await agenda.file(marker('202606011200', 'one'));
    await agenda.file(marker('202606011201', 'other'));
    await agenda.clear(marker('202606011200', 'one'));
    expect(await due()).toEqual(['202606011201']);
    expect(await due(instance())).toEqual(['202606011201']);
  });

  it('gives what is due in order and nothing of later, as elsewhere', async () => {
    const minutes = ['202606011105', '202606011159', '202606011200', '202606011230'];
    for (const minute of [...minutes.toReversed(), '202606011231', '202606011300']) await agenda.file(marker(minute));
    expect(await due()).toEqual(minutes);
  });

  it('files a marker again at a minute that was cleared before', async () => {
    const again = marker('202606011229');
    for (const _ of [1, 2]) {
      await agenda.file(again);
      expect(await due()).toEqual([again.minute]);
      await agenda.clear(again);
      expect(await due()).toEqual([]);
    }
  });

  it('does not list again the hours that are done', async () => {
    for (let hour = 0; hour < 10; hour++) {
      const minute = minuteOf(now);
      await agenda.file(marker(minute));
      expect(await due()).toEqual([minute]);
      await agenda.clear(marker(minute));
      hours(1);
    }
    expect(await due()).toEqual([]);
    expect(await watermark()).toBe('202606012100');
    listed();
    expect(await due()).toEqual([]);
    expect(listed()).toEqual(['2026060121', '2026060122']);
  });

  it('stays at the hour of a session that is not done, and gives it every time', async () => {
    await agenda.file(marker('202606011200'));
    for (const _ of [1, 2, 3]) {
      expect(await due()).toEqual(['202606011200']);
      hours(3);
    }
    expect(await watermark()).toBe('202606011200');
    await agenda.clear(marker('202606011200'));
    expect(await due()).toEqual([]);
    expect(await watermark()).toBe('202606012000');
  });

  it('does not move on where a sweep was not finished', async () => {
    await due();
    const before = await watermark();
    hours(5);
    await agenda.file(marker(minuteOf(now)));
    for await (const _ of agenda.due()) break;
    expect(await watermark()).toBe(before);
  });
});

describe('nothing is lost', () => {
  it('where there is no watermark yet, or no more', async () => {
    await agenda.file(marker('202605300101', 'old'));
    await agenda.file(marker('202606011200', 'new'));
    expect(await due()).toEqual(['202605300101', '202606011200']);
    const read = await container.read('agenda/watermark');
    if (read.status !== 'found') throw new Error('there is no watermark');
    await container.remove('agenda/watermark', read);
    expect(await due(instance())).toEqual(['202605300101', '202606011200']);
  });

  it.each(['', 'nonsense', '209901010000', '999999999999'])('where the watermark says %j', async (text) => {
    await agenda.file(marker('202606010900'));
    await container.create('agenda/watermark', text);
    const read = await container.read('agenda/watermark');
    if (read.status === 'found') await container.replace('agenda/watermark', text, read);
    expect(await due()).toEqual(['202606010900']);
    expect(await watermark()).toBe('202606010900');
  });

  it('of what is filed for a minute before the watermark', async () => {
    await due();
    hours(10);
    await due();
    expect(await watermark()).toBe('202606012100');
    await agenda.file(marker('202606011945'));
    expect(await due()).toEqual(['202606011945']);
    await agenda.clear(marker('202606011945'));
    expect(await due()).toEqual([]);
    expect(await watermark()).toBe('202606012100');
  });

  it('of what is filed for the past while a sweep has just seen that hour empty', async () => {
    await due();
    hours(10);
    const late = marker('202606011500');
    const sweeping = instance({
      async before(operation, name) {
        if (operation === 'replace' && name === 'agenda/watermark') await agenda.file(late);
      },
    });
    expect(await due(sweeping)).toEqual([]);
    expect(await due()).toEqual([late.minute]);
  });

  it('of what is filed for the past while the first sweep begins', async () => {
    const late = marker('202606010700');
    const sweeping = instance({
      async before(operation, name) {
        if (operation === 'create' && name === 'agenda/watermark') await agenda.file(late);
      },
    });
    await due(sweeping);
    expect(await due()).toEqual([late.minute]);
  });

  it('of what several instances file for the past at once', async () => {
    await due();
    hours(10);
    await due();
    const filed = [13, 17, 9, 19, 20, 10, 16, 12, 18, 15, 11, 14].map(
      (hour) => `20260601${hour.toString().padStart(2, '0')}30`,
    );
    await Promise.all(filed.map((minute, number) => instance().file(marker(minute, `${number}`))));
    expect(await due()).toEqual(filed.toSorted());
  });
});

it('costs no request more to file a marker for later', async () => {
  await agenda.file(marker('202606011500'));
  expect(proxy.requests.map(({ method }) => method)).toEqual(['PUT']);
});
