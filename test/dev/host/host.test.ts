import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Host, startHost } from '../../../dev/host/host.ts';
import { type BuiltApp, buildApp } from './fixtures/build-app.ts';
import { type QueueService, startQueueService } from './fixtures/queue-service.ts';

const hostJson = {
  version: '2.0',
  extensions: {
    http: { routePrefix: '' },
    queues: { maxPollingInterval: '00:00:00.200', batchSize: 4, newBatchThreshold: 1, maxDequeueCount: 3 },
  },
};

let app: BuiltApp;
let service: QueueService;
let queues: QueueServiceClient;
let host: Host;
const lines: string[] = [];

beforeAll(async () => {
  [app, service] = await Promise.all([buildApp('queue-app', { hostJson }), startQueueService()]);
  queues = QueueServiceClient.fromConnectionString(service.connectionString);
  host = await startHost({
    root: app.root,
    port: 0,
    log: (line) => lines.push(line),
    environment: { QUEUES: service.connectionString, WORK_QUEUE: 'work-items', SWEEP: '0 0 0 1 1 *' },
  });
});

afterAll(async () => {
  await host?.close();
  await service?.stop();
  await app?.remove();
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

interface Seen {
  seen: { body: unknown; metadata: Record<string, unknown> }[];
  most: number;
}

const observe = async () => (await (await fetch(`${host.url}/seen`)).json()) as Seen;

/** What functions saw, once `complete` says so. */
const seenWhen = (complete: (seen: Seen['seen']) => boolean) =>
  vi.waitFor(
    async () => {
      const { seen } = await observe();
      expect(complete(seen)).toBe(true);
      return seen;
    },
    { timeout: 15_000, interval: 50 },
  );

/** The texts in a queue, once there are so many. */
const messagesIn = (name: string, count: number) =>
  vi.waitFor(
    async () => {
      const { peekedMessageItems } = await queues.getQueueClient(name).peekMessages({ numberOfMessages: 32 });
      expect(peekedMessageItems).toHaveLength(count);
      return peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString());
    },
    { timeout: 15_000, interval: 50 },
  );

describe('queue functions', () => {
  test('are listed with the name of their queue', () => {
    expect(host.functions).toContainEqual({ name: 'work', kind: 'queue', queue: 'work-items' });
    expect(host.functions).toContainEqual({ name: 'sweep', kind: 'timer', schedule: '0 0 0 1 1 *' });
  });

  test('get each message once, parsed when it is JSON, with its metadata; then it is gone', async () => {
    const queue = queues.getQueueClient('work-items');
    await vi.waitFor(() => queue.getProperties(), { timeout: 15_000 });
    const sent = await queue.sendMessage(base64('{"number":1}'));
    await queue.sendMessage(base64('plain é'));
    const seen = await seenWhen((all) => all.length === 2);
    expect(seen.map(({ body }) => body)).toEqual(expect.arrayContaining([{ number: 1 }, 'plain é']));
    const { metadata } = seen.find(({ body }) => typeof body === 'object') ?? {};
    expect(metadata).toEqual({
      queueTrigger: { number: 1 },
      id: sent.messageId,
      dequeueCount: 1,
      popReceipt: expect.any(String),
      insertionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
      expirationTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
      nextVisibleTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
    });
    await vi.waitFor(async () => expect((await queue.getProperties()).approximateMessagesCount).toBe(0));
  });

  test('a message that fails is tried maxDequeueCount times, then moved to the poison queue', async () => {
    lines.length = 0;
    const queue = queues.getQueueClient('failing');
    await vi.waitFor(() => queue.getProperties(), { timeout: 15_000 });
    await queue.sendMessage(base64('bad'));
    const seen = await seenWhen((all) => all.filter(({ body }) => body === 'bad').length === 3);
    const tries = seen.filter(({ body }) => body === 'bad').map(({ metadata }) => metadata.dequeueCount);
    expect(tries).toEqual([1, 2, 3]);
    expect(await messagesIn('failing-poison', 1)).toEqual(['bad']);
    await vi.waitFor(async () => expect((await queue.getProperties()).approximateMessagesCount).toBe(0));
    expect(lines.filter((line) => line.startsWith('[failing] error: Error: it never works'))).toHaveLength(3);
    expect(lines.at(-1)).toBe('[failing] A message failed 3 times: moved to failing-poison.');
  });

  test('a message in another encoding is moved to the poison queue unseen', async () => {
    await queues.getQueueClient('work-items').sendMessage('not base64!');
    await vi.waitFor(
      async () => {
        const { peekedMessageItems } = await queues.getQueueClient('work-items-poison').peekMessages();
        expect(peekedMessageItems.map(({ messageText }) => messageText)).toEqual(['not base64!']);
      },
      { timeout: 15_000, interval: 50 },
    );
  });

  test('a return value goes to the queue of the output binding, which wakes its listener', async () => {
    await vi.waitFor(() => queues.getQueueClient('relay').getProperties(), { timeout: 15_000 });
    await queues.getQueueClient('relay').sendMessage(base64('"x"'));
    await seenWhen((all) => all.some(({ body }) => JSON.stringify(body) === '{"relayed":"x"}'));
  });

  test('extra outputs: an array is one message an item, text as it is, objects as JSON; queues are created', async () => {
    const response = await fetch(`${host.url}/send`, { method: 'POST' });
    expect(response.status).toBe(202);
    expect(await messagesIn('plain-a', 3)).toEqual(['text', '{"object":1}', '7']);
    expect(await messagesIn('plain-b', 1)).toEqual(['just text']);
  });

  test('no more than batchSize + newBatchThreshold run at once', async () => {
    const queue = queues.getQueueClient('work-items');
    const texts = Array.from({ length: 12 }, (_, index) => `held-${index}`);
    await Promise.all(texts.map((text) => queue.sendMessage(base64(text))));
    for (let count = 1; count <= texts.length; count += 1) {
      await vi.waitFor(
        async () => expect((await fetch(`${host.url}/release`, { method: 'POST' })).status).toBe(200),
        15_000,
      );
      await seenWhen((all) => all.filter(({ body }) => String(body).startsWith('held')).length === count);
    }
    const { seen, most } = await observe();
    const bodies = seen.map(({ body }) => String(body)).filter((body) => body.startsWith('held'));
    expect(bodies.toSorted()).toEqual(texts.toSorted());
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(5);
  });
});

describe('a timer function', () => {
  test('run by hand sends its output, with the timer in the casing of the library', async () => {
    lines.length = 0;
    await host.runTimer('sweep');
    await seenWhen((all) => ['one', 'two'].every((text) => all.some(({ body }) => body === text)));
    expect(JSON.parse(lines.find((line) => line.startsWith('[sweep] '))?.slice(8) ?? '')).toMatchObject({
      schedule: { adjustForDST: true },
      scheduleStatus: { last: '0001-01-01T00:00:00+00:00', next: expect.stringMatching(/^\d{4}-01-01T00:00:00/) },
      isPastDue: false,
    });
  });
});

describe('POST /admin/functions/{name}', () => {
  const post = (name: string, body: string, contentType = 'application/json') =>
    fetch(`${host.url}/admin/functions/${name}`, { method: 'POST', body, headers: { 'content-type': contentType } });

  test('runs a timer and is answered 202', async () => {
    lines.length = 0;
    expect((await post('SWEEP', '{}')).status).toBe(202);
    await vi.waitFor(() => expect(lines.some((line) => line.startsWith('[sweep] '))).toBe(true));
  });

  test('runs a queue function with the input', async () => {
    expect((await post('work', '{"input":"by hand"}')).status).toBe(202);
    expect((await post('work', '{"input":{"by":"hand"}}')).status).toBe(202);
    await seenWhen(
      (all) =>
        all.some(({ body }) => body === 'by hand') && all.some(({ body }) => JSON.stringify(body) === '{"by":"hand"}'),
    );
  });

  test('a failure of what it runs is in the log alone', async () => {
    lines.length = 0;
    expect((await post('failing', '{"input":"x"}')).status).toBe(202);
    await vi.waitFor(() => expect(lines[0]).toMatch(/^\[failing\] error: Error: it never works/));
  });

  test('other functions, names, methods and bodies are refused', async () => {
    expect((await post('seen', '{}')).status).toBe(404);
    expect((await post('nobody', '{}')).status).toBe(404);
    expect((await post('work', 'nonsense')).status).toBe(400);
    expect((await post('work', '')).status).toBe(400);
    expect((await post('work', '{}', 'text/plain')).status).toBe(415);
    expect((await fetch(`${host.url}/admin/functions/work`)).status).toBe(404);
    expect((await fetch(`${host.url}/admin/host/ping`)).status).toBe(200);
  });
});

describe('storage that does not answer', () => {
  test('is one line in the log, and it goes on when it answers again', async () => {
    const port = Number(new URL(queues.url).port);
    lines.length = 0;
    await service.stop();
    await vi.waitFor(() => expect(lines.filter((line) => line.startsWith('[work]'))).not.toEqual([]), 15_000);
    expect((await fetch(`${host.url}/send`, { method: 'POST' })).status).toBe(500);
    service = await startQueueService(port);
    const again = '[work] The storage of queue "work-items" answers again.';
    await vi.waitFor(() => expect(lines).toContain(again), 15_000);
    expect(lines.filter((line) => line.startsWith('[work]'))).toEqual([
      `[work] The storage of queue "work-items" at http://127.0.0.1:${port} gives ECONNREFUSED; trying again.`,
      again,
    ]);
    await queues.getQueueClient('work-items').sendMessage(base64('after'));
    await seenWhen((all) => all.some(({ body }) => body === 'after'));
  });
});
