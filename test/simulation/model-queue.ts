import type { Process } from './process.ts';
import type { Draw } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Who takes messages: one of the processes that run. */
export interface Consumer {
  readonly process: Process;
  /** Rejects where the message is to come again. */
  handle(body: unknown): Promise<void>;
}

export interface ModelQueue {
  /** Takes a message at once; how a process reaches the queue is its own affair. */
  put(body: unknown): void;
  /** Messages that are not done with, those in work included. */
  readonly size: number;
}

interface QueueParts {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly draw: Draw;
  readonly consumer: () => Consumer | undefined;
  readonly isAway: () => boolean;
}

/** Pauses in milliseconds: until a message is looked for, and until one comes again that was not done. */
const longestPoll = 5_000;
const visibilityTimeout = 30_000;
/** A message whose consumer has ended comes again after at least and at most so long. */
const lapse = [60_000, 600_000] as const;

/** A queue of the Functions host: each message is handled at least once, in any order, and some twice. */
export function createModelQueue({ name, scheduler, draw, consumer, isAway }: QueueParts): ModelQueue {
  const waiting = new Set<object>();

  function deliver(message: { readonly body: string }, delay: number): void {
    scheduler.after(delay, {
      label: () => `${name} delivers`,
      run() {
        const taker = waiting.has(message) && !isAway() ? consumer() : undefined;
        if (!waiting.has(message)) return;
        if (!taker) return deliver(message, longestPoll);
        const comesAgain = scheduler.after(draw.between(...lapse), {
          label: () => `${name}: a message was not done in time`,
          run: () => deliver(message, 0),
        });
        taker.handle(JSON.parse(message.body)).then(
          () => {
            if (draw.chance(0.1)) return;
            comesAgain();
            waiting.delete(message);
          },
          () => {
            comesAgain();
            deliver(message, visibilityTimeout);
          },
        );
      },
    });
  }

  return {
    get size() {
      return waiting.size;
    },
    put(body) {
      const message = { body: JSON.stringify(body) };
      waiting.add(message);
      deliver(message, draw.between(0, longestPoll));
    },
  };
}
