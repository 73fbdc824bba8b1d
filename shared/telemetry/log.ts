import { isTokenkeepError } from '../errors/tokenkeep-error.ts';
import { type LogEventName, logEvents } from './events.ts';

/** What a log line may carry: plain values only, so that a Secret cannot slip in unseen. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes events. An error is logged as its code and safe texts, never with its request or response. */
export interface Log {
  event(name: LogEventName, fields?: LogFields, error?: unknown): void;
}

/** Makes a log whose every event is one line of JSON, handed to `write` with its level. */
export function createLog(now: () => number, write: (level: 'info' | 'warn' | 'error', line: string) => void): Log {
  return {
    event(name, fields = {}, error) {
      const { id, level } = logEvents[name];
      const record = { time: new Date(now()).toISOString(), id, event: name, ...fields, ...describeError(error) };
      write(level, JSON.stringify(record));
    },
  };
}

/**
 * What may be said of an error: its code and detail where it is one of ours, else its class and the machine-readable
 * code that Node and Azure clients set. Messages of foreign errors are left out, since they may quote a URL with a SAS.
 */
function describeError(error: unknown): LogFields {
  if (error === undefined) return {};
  if (isTokenkeepError(error)) {
    const { name, ...cause } = describeError(error.cause) as Record<string, string>;
    return {
      error: error.code,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(name === undefined ? {} : { cause: name, ...prefixed(cause) }),
    };
  }
  if (!(error instanceof Error)) return { name: typeof error };
  const { code, statusCode } = error as Error & { code?: unknown; statusCode?: unknown };
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
    ...(error.stack === undefined ? {} : { at: firstFrame(error.stack, error.message) }),
  };
}

function prefixed(fields: Readonly<Record<string, string>>): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [`cause_${key}`, value]));
}

/** The first stack frame, as `function (file:line:column)`. The message stands before it and may look like one. */
function firstFrame(stack: string, message: string): string {
  const messageAt = stack.indexOf(message);
  const frames = messageAt < 0 ? '' : stack.slice(messageAt + message.length);
  return /^\s+at (.*)$/m.exec(frames)?.[1] ?? 'unknown';
}
