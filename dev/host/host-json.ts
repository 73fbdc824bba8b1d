import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from './json-file.ts';

/** The settings of host.json that this host obeys. */
export interface HostJson {
  /** Before every HTTP route; empty for none. */
  routePrefix: string;
  queues: QueueSettings;
}

export interface QueueSettings {
  /** Messages taken at once, 1 to 32. */
  batchSize: number;
  /** A new batch is fetched when no more than this many messages are being worked on. */
  newBatchThreshold: number;
  /** Milliseconds; the pause between polls grows from 100 ms to this while the queue is empty. */
  maxPollingInterval: number;
  /** Milliseconds until a message that failed is tried again. */
  visibilityTimeout: number;
  /** After so many failed tries the message goes to the poison queue. */
  maxDequeueCount: number;
  messageEncoding: 'base64' | 'none';
}

/** .NET's constant format, `[d.]hh:mm[:ss[.fffffff]]`, in milliseconds. */
const timeSpan = z.string().transform((text, context) => {
  const parts = /^(?:(\d+)\.)?(\d{1,2}):([0-5]?\d)(?::([0-5]?\d(?:\.\d{1,7})?))?$/.exec(text);
  const [days, hours, minutes, seconds] = (parts?.slice(1) ?? []).map((part) => Number(part ?? 0));
  if (days === undefined || hours === undefined || minutes === undefined || seconds === undefined || hours > 23) {
    context.addIssue(`"${text}" is no time span such as "00:00:30"`);
    return z.NEVER;
  }
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
});

/** Defaults: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#hostjson-settings */
const queues = z
  .object({
    batchSize: z.coerce.number().int().min(1).max(32).default(16),
    newBatchThreshold: z.coerce.number().int().min(0).optional(),
    maxPollingInterval: timeSpan.pipe(z.number().min(100)).default(60_000),
    visibilityTimeout: timeSpan.default(0),
    maxDequeueCount: z.coerce.number().int().min(1).default(5),
    messageEncoding: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['base64', 'none']))
      .default('base64'),
  })
  .transform((given) => ({ ...given, newBatchThreshold: given.newBatchThreshold ?? Math.floor(given.batchSize / 2) }));

const schema = z
  .object({
    extensions: z
      .object({
        http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
        queues: queues.prefault({}),
      })
      .prefault({}),
  })
  .transform(({ extensions }): HostJson => {
    return { routePrefix: extensions.http.routePrefix.replace(/^\/+|\/+$/g, ''), queues: extensions.queues };
  });

/**
 * Reads host.json in `root`; without the file, the defaults of Azure hold. A setting
 * `AzureFunctionsJobHost__extensions__queues__batchSize` takes the place of that entry, as in Azure.
 * Source: https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values
 *
 * @throws Error in one sentence that names the entry that is wrong.
 */
export async function readHostJson(root: string, settings: NodeJS.ProcessEnv): Promise<HostJson> {
  const document = override((await readJsonFile(join(root, 'host.json'))) ?? {}, settings);
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`host.json is wrong: ${issue?.path.join('.')}: ${issue?.message}.`);
}

const overridePrefix = /^AzureFunctionsJobHost__/i;

function override(document: unknown, settings: NodeJS.ProcessEnv): unknown {
  return Object.entries(settings)
    .filter(([name]) => overridePrefix.test(name))
    .reduce((whole, [name, value]) => withValue(whole, name.split('__').slice(1), value), document);
}

function withValue(node: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  const entries: Record<string, unknown> = typeof node === 'object' && node !== null ? { ...node } : {};
  return { ...entries, [key]: withValue(entries[key], rest, value) };
}

/**
 * Puts the value of each `%SETTING%` into a binding's text, as the host does for queue names and schedules.
 * Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-expressions-patterns#binding-expressions---app-settings
 *
 * @throws Error in one sentence for a setting that does not exist.
 */
export function substituteSettings(text: string, settings: NodeJS.ProcessEnv): string {
  return text.replaceAll(/%([^%]+)%/g, (whole, name: string) => {
    const value = settings[name];
    if (value === undefined || value === '') throw new Error(`'${whole}' does not resolve to a value.`);
    return value;
  });
}
