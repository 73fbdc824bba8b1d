import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { QueueSettings } from '../../../dev/host/host-json.ts';
import { openQueueStorage } from '../../../dev/host/queue-storage.ts';
import { type QueueFunction, startQueueListener } from '../../../dev/host/queues.ts';
import { type QueueService, startQueueService } from './fixtures/queue-service.ts';

let service: QueueService;

beforeAll(async () => {
  service = await startQueueService();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

afterAll(() => service?.stop());

describe('startQueueListener', () => {
  const settings: QueueSettings = {
    batchSize: 1,
    newBatchThreshold: 1,
    maxPollingInterval: 60_000,
    visibilityTimeout: 0,
    maxDequeueCount: 1,
    messageEncoding: 'base64',
  };

  /** A listener on the queue `name` that gives its runs, each with its end, one at a time. */
  function listen(name: string) {
    const storage = openQueueStorage({ QUEUES: service.connectionString }, 'base64');
    const began = Promise.withResolvers<() => void>();
    const target: QueueFunction = {
      name,
      queueName: name,
      connection: 'QUEUES',
      bindingName: 'item',
      invoke: () => new Promise<void>((resolve) => began.resolve(resolve)),
    };
    const listener = startQueueListener(target, storage, settings, () => {});
    return { storage, listener, began: began.promise };
  }

  const tick = () => new Promise((resolve) => setImmediate(resolve));

  test('a message that this process sends ends the pause', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const delays = vi.spyOn(globalThis, 'setTimeout').mock.calls;
    const { storage, listener, began } = listen('wakes');
    // Its first pause, which never ends by itself: 100 ms, give or take a fifth.
    while (!delays.some(([, delay = 0]) => delay >= 80 && delay <= 120)) await tick();
    await storage.send('QUEUES', 'wakes', { string: 'x' });
    (await began)();
    await listener.stop();
  });

  test('a message stays hidden while its function runs for long, and is deleted after', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { storage, listener, began } = listen('long');
    const queue = storage.queue('QUEUES', 'long');
    const prolong = vi.spyOn(queue, 'updateMessage');
    await storage.send('QUEUES', 'long', { string: 'x' });
    const end = await began;
    vi.advanceTimersByTime(300_000);
    end();
    await listener.stop();
    expect(prolong.mock.calls.map((call) => call[3])).toEqual([600]);
    expect(vi.getTimerCount()).toBe(0);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(0);
  });

  test('stop waits for the message that is worked on', async () => {
    const { storage, listener, began } = listen('stops');
    await storage.send('QUEUES', 'stops', { string: 'x' });
    const end = await began;
    let stopped = false;
    const stopping = listener.stop().then(() => {
      stopped = true;
    });
    await storage.queue('QUEUES', 'stops').getProperties();
    expect(stopped).toBe(false);
    end();
    await stopping;
    expect((await storage.queue('QUEUES', 'stops').getProperties()).approximateMessagesCount).toBe(0);
  });
});
