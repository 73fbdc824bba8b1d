import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { QueueSettings } from '../../dev/host/host-json.ts';
import { openQueueStorage } from '../../dev/host/queue-storage.ts';
import { startQueueListener } from '../../dev/host/queues.ts';
import { recoverOne, visitAll } from '../../shared/endpoints/visits.ts';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { recoveryQueueName, visitQueueName } from '../../shared/refresh/queues.ts';
import type { Rescued } from '../../shared/refresh/recovery.ts';
import { minuteOf, type SessionId, startOf } from '../../shared/token-store/names.ts';
import { type QueueService, startQueueService } from '../dev/host/fixtures/queue-service.ts';
import { faultyEngine, onCommit } from '../fixtures/engine.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';
import { markersOf, sessionIdIn, storedEntry, storedSession } from '../fixtures/stored.ts';

let service: QueueService;
let local: LocalApp;
let id: SessionId;
beforeAll(async () => {
  [service, local] = await Promise.all([startQueueService(), localApp()]);
});
beforeEach(async () => {
  local.services.provider.control.clear();
  local.clock.reset();
  local.logged.length = 0;
  id = sessionIdIn((await signedIn(local)).cookie);
});
afterAll(async () => {
  await local.close();
  await service.stop();
});

const events = () => local.logged.map(({ event }) => event);
const grants = () => local.services.provider.counters.refreshGrants;

/** As in host.json, with two deliveries at once in place of 240 with pauses. */
const settings: QueueSettings = {
  batchSize: 8,
  newBatchThreshold: 4,
  maxPollingInterval: 50,
  visibilityTimeout: 0,
  maxDequeueCount: 2,
  messageEncoding: 'base64',
};

/** The function behind a queue, in the function host of the local stack, over real queues. */
function served(queueName: string, run: (message: unknown) => Promise<void>) {
  const storage = openQueueStorage({ QUEUES: service.connectionString }, 'base64');
  const deliveries: unknown[] = [];
  const listener = startQueueListener(
    {
      name: queueName,
      queueName,
      connection: 'QUEUES',
      bindingName: 'message',
      async invoke({ input }) {
        const text = input.data && 'string' in input.data ? String(input.data.string) : '';
        deliveries.push(text);
        await run(parsed(text));
      },
    },
    storage,
    settings,
    () => {},
  );
  onTestFinished(() => listener.stop());
  const size = async (name: string) => {
    const exists = await storage.queue('QUEUES', name).exists();
    return exists ? ((await storage.queue('QUEUES', name).getProperties()).approximateMessagesCount ?? 0) : 0;
  };
  return {
    deliveries,
    send: (text: string) => storage.send('QUEUES', queueName, { string: text }),
    poison: storage.queue('QUEUES', `${queueName}-poison`),
    /** Resolves once the queue is empty, and that many messages have been given up. */
    async emptied(givenUp: number): Promise<void> {
      await expect
        .poll(async () => [await size(queueName), await size(`${queueName}-poison`)], { timeout: 20_000 })
        .toEqual([0, givenUp]);
    },
  };
}

/** As `@azure/functions` reads a message: JSON where it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

describe('a message of the visit queue', () => {
  it.each([
    ['no JSON', '{"visits":'],
    ['another document', '{"sessions":[]}'],
    ['a marker among others that is none', (marker: string) => JSON.stringify({ visits: [marker, '../keyring/1'] })],
    ['more markers than any sweep sends', (marker: string) => JSON.stringify({ visits: Array(1001).fill(marker) })],
  ])('that is %s is refused whole: no session of it is visited', async (_what, message) => {
    const { visitAt } = await storedSession(local.app, id);
    local.clock.advance((startOf(visitAt) - local.clock.now()) / 1000 + 1);
    const text = typeof message === 'string' ? message : message(`${visitAt}/${id}`);
    const before = grants();
    await expect(visitAll(parsed(text), local.app)).rejects.toMatchObject({ code: 'request_malformed' });
    expect(grants()).toBe(before);
    expect(await markersOf(local.app, id)).toEqual([visitAt]);
  });

  it('for sessions that are not there does nothing, however many', async () => {
    const minute = minuteOf(local.clock.now());
    const unknown = Array.from({ length: 200 }, (_, at) => `${minute}/${at.toString(16).padStart(64, '0')}`);
    await visitAll({ visits: unknown }, local.app);
    expect(events()).not.toContain('visit_failed');
    expect(events()).not.toContain('marker_cleared');
  });

  it('that names a session a thousand times costs the provider one call', async () => {
    const { visitAt } = await storedSession(local.app, id);
    local.clock.advance((startOf(visitAt) - local.clock.now()) / 1000 + 1);
    const before = grants();
    await visitAll({ visits: Array(1000).fill(`${visitAt}/${id}`) }, local.app);
    expect(grants() - before).toBe(1);
    expect(await markersOf(local.app, id)).toEqual([(await storedSession(local.app, id)).visitAt]);
  });

  it('that no visit understands is given up by the host, and the others are served', async () => {
    const { visitAt } = await storedSession(local.app, id);
    local.clock.advance((startOf(visitAt) - local.clock.now()) / 1000 + 1);
    const queue = served(visitQueueName, (message) => visitAll(message, local.app));
    await queue.send('nonsense');
    await queue.send(JSON.stringify({ visits: [`${visitAt}/${id}`] }));
    await queue.emptied(1);
    expect(queue.deliveries.filter((text) => text === 'nonsense')).toHaveLength(settings.maxDequeueCount);
    expect((await storedEntry(local.app, id)).history.map(({ by }) => by)).toEqual(['sweep']);
  });
});

describe('a message of the recovery queue', () => {
  /** What a refresh has put there while the container took no tokens. */
  async function rescued(): Promise<Rescued> {
    const engine = faultyEngine(local.app, {
      before: onCommit(() => {
        throw new TokenkeepError('container_unreachable');
      }),
    });
    await engine.refresh({ id, cause: 'request' });
    return engine.rescued[0] ?? expect.fail('nothing was rescued');
  }

  beforeEach(async () => {
    await openQueueStorage({ QUEUES: service.connectionString }, 'base64')
      .queue('QUEUES', `${recoveryQueueName}-poison`)
      .deleteIfExists();
  });

  it('that comes twice is taken once', async () => {
    const message = JSON.stringify(await rescued());
    const queue = served(recoveryQueueName, (one) => recoverOne(one, local.app));
    await queue.send(message);
    await queue.send(message);
    await queue.emptied(0);
    await expect.poll(() => events().filter((event) => event === 'refresh_recovered')).toHaveLength(1);
    expect((await storedEntry(local.app, id)).history).toHaveLength(1);
    local.clock.advance(31);
    expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
  });

  it('that nobody understands is given up by the host, and the others are served', async () => {
    const message = JSON.stringify(await rescued());
    const queue = served(recoveryQueueName, (one) => recoverOne(one, local.app));
    await queue.send('{"id":"x"}');
    await queue.send(message);
    await queue.emptied(1);
    expect(events()).toContain('refresh_recovered');
    expect((await storedEntry(local.app, id)).history).toHaveLength(1);
  });

  it('that came too often while the container was away waits, sealed, and recovers when it is put back', async () => {
    const message = await rescued();
    let isAway = true;
    const queue = served(recoveryQueueName, async (one) => {
      const update = async () => {
        throw new TokenkeepError('container_unreachable');
      };
      await recoverOne(one, isAway ? { ...local.app, store: { ...local.app.store, update } } : local.app);
    });
    await queue.send(JSON.stringify(message));
    await queue.emptied(1);
    expect(queue.deliveries).toHaveLength(settings.maxDequeueCount);

    isAway = false;
    const { receivedMessageItems } = await queue.poison.receiveMessages();
    const [poisoned] = receivedMessageItems;
    if (!poisoned) throw new Error('there is no message');
    const text = Buffer.from(poisoned.messageText, 'base64').toString();
    expect(JSON.parse(text)).toEqual(message);
    await queue.poison.deleteMessage(poisoned.messageId, poisoned.popReceipt);
    await queue.send(text);
    await queue.emptied(0);
    expect(events()).toContain('refresh_recovered');
    local.clock.advance(31);
    expect((await local.app.refresh({ id, cause: 'request' })).status).toBe('refreshed');
  });
});
