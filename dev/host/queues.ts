import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { QueueSettings } from './host-json.ts';
import type { Trigger } from './invoke.ts';
import { addMessage, bounded, decode, type QueueStorage, statusOf } from './queue-storage.ts';
import { queueTrigger } from './queue-trigger.ts';

export interface QueueFunction {
  name: string;
  queueName: string;
  /** The setting with the connection string. */
  connection: string | undefined;
  /** Of the trigger. */
  bindingName: string;
  /** Runs the function once. Reports its failure itself, and rejects. */
  invoke(trigger: Trigger): Promise<unknown>;
}

export interface QueueListener {
  /** Takes no more messages. Resolves when those that are worked on have ended. */
  stop(): Promise<void>;
}

const shortestPause = 100;
const longestPauseAfterFailure = 5_000;
/** How long a taken message stays hidden, in milliseconds; prolonged at half time while the function runs. */
const hiding = 600_000;

/**
 * Runs a function for each message of its queue, `batchSize + newBatchThreshold` at once at most; creates the queue
 * when it is missing. A message that failed comes back after `visibilityTimeout`, and goes to `<queue>-poison` after
 * `maxDequeueCount` tries. When storage does not answer, that is one line in the log, and it is tried again until it
 * does.
 * Source: https://github.com/Azure/azure-sdk-for-net (`QueueListener`, `QueueProcessor`) and
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#polling-algorithm
 *
 * @throws Error in one sentence when the connection setting holds no connection string.
 */
export function startQueueListener(
  target: QueueFunction,
  storage: QueueStorage,
  settings: QueueSettings,
  log: (line: string) => void,
): QueueListener {
  const queue = storage.queue(target.connection, target.queueName);
  const poison = storage.queue(target.connection, `${target.queueName}-poison`);
  const working = new Set<Promise<void>>();
  const pause = wakeablePause();
  const forget = storage.onSent(queue, pause.wake);
  let stopped = false;

  const poll = async (): Promise<void> => {
    let emptyPolls = 0;
    let failures = 0;
    let exists = false;
    while (!stopped) {
      try {
        if (!exists) await queue.createIfNotExists(bounded());
        exists = true;
        const count = await takeBatch();
        emptyPolls = count === 0 ? emptyPolls + 1 : 0;
        if (failures > 0) log(`[${target.name}] The storage of queue "${target.queueName}" answers again.`);
        failures = 0;
        if (count === 0) await pause.start(backOff(emptyPolls, settings.maxPollingInterval));
      } catch (error) {
        exists = exists && statusOf(error) !== 404;
        if (failures === 0) log(`[${target.name}] ${unreachable(queue, target.queueName, error)}`);
        failures += 1;
        await pause.start(backOff(failures, longestPauseAfterFailure));
      }
    }
  };

  const takeBatch = async (): Promise<number> => {
    const numberOfMessages = settings.batchSize;
    const options = { numberOfMessages, visibilityTimeout: hiding / 1000, ...bounded() };
    const { receivedMessageItems: messages } = await queue.receiveMessages(options);
    for (const message of messages) {
      const work = (stopped ? release(queue, message, 0) : process(message))
        .catch((error: unknown) => {
          // Another taker has it, or the queue is gone: then it is not ours to end.
          if (statusOf(error) !== 404) log(`[${target.name}] ${unreachable(queue, target.queueName, error)}`);
        })
        .finally(() => working.delete(work));
      working.add(work);
    }
    while (working.size > settings.newBatchThreshold && !stopped) await Promise.race(working);
    return messages.length;
  };

  const process = async (message: DequeuedMessageItem): Promise<void> => {
    const text = decode(message.messageText, settings.messageEncoding);
    if (text === undefined) {
      log(`[${target.name}] A message is not in the encoding "${settings.messageEncoding}": moved to ${poison.name}.`);
      return bury(message);
    }
    if (message.dequeueCount > settings.maxDequeueCount) return bury(message);
    const hidden = keepHidden(queue, message);
    try {
      await target.invoke(queueTrigger(target.bindingName, text, message));
    } catch {
      await hidden.stop();
      if (message.dequeueCount < settings.maxDequeueCount) {
        return release(queue, message, settings.visibilityTimeout);
      }
      log(`[${target.name}] A message failed ${message.dequeueCount} times: moved to ${poison.name}.`);
      return bury(message);
    }
    await hidden.stop();
    await queue.deleteMessage(message.messageId, message.popReceipt, bounded());
  };

  const bury = async (message: DequeuedMessageItem): Promise<void> => {
    await addMessage(poison, message.messageText);
    await queue.deleteMessage(message.messageId, message.popReceipt, bounded());
  };

  const polling = poll();
  return {
    async stop() {
      stopped = true;
      forget();
      pause.wake();
      await polling;
      await Promise.all(working);
    },
  };
}

async function release(queue: QueueClient, message: DequeuedMessageItem, milliseconds: number): Promise<void> {
  const seconds = Math.ceil(milliseconds / 1000);
  await queue.updateMessage(message.messageId, message.popReceipt, undefined, seconds, bounded());
}

/** Prolongs the hiding of a message and keeps its pop receipt up to date, until stopped. */
function keepHidden(queue: QueueClient, message: DequeuedMessageItem): { stop(): Promise<void> } {
  let update: Promise<void> = Promise.resolve();
  const interval = setInterval(() => {
    update = queue
      .updateMessage(message.messageId, message.popReceipt, undefined, hiding / 1000, bounded())
      .then(({ popReceipt }) => {
        message.popReceipt = popReceipt ?? message.popReceipt;
      })
      .catch(() => {});
  }, hiding / 2);
  return {
    stop() {
      clearInterval(interval);
      return update;
    },
  };
}

/** Milliseconds: doubled with each try from the shortest to `longest`, and spread by a fifth. */
function backOff(tries: number, longest: number): number {
  const spread = 0.8 + Math.random() * 0.4;
  return Math.min(longest, shortestPause * 2 ** Math.min(tries - 1, 20) * spread);
}

/** A pause that ends early when woken; a wake that comes before it is not lost. */
function wakeablePause() {
  let end: (() => void) | undefined;
  let woken = false;
  return {
    async start(milliseconds: number): Promise<void> {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timeout = setTimeout(resolve, milliseconds);
          end = () => {
            clearTimeout(timeout);
            resolve();
          };
        });
      }
      woken = false;
    },
    wake(): void {
      woken = true;
      end?.();
    },
  };
}

/** Names the place without its query, which may hold a signature, and the error by its code alone. */
function unreachable(queue: QueueClient, name: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = code ?? statusOf(error) ?? (error instanceof Error ? error.name : 'unknown error');
  return `The storage of queue "${name}" at ${new URL(queue.url).origin} gives ${reason}; trying again.`;
}
