import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import type { QueueSettings } from './host-json.ts';
import type { TypedData } from './rpc.ts';

const requestTimeout = 10_000;

/** For the options of each call: no call waits for ever. */
export const bounded = () => ({ abortSignal: AbortSignal.timeout(requestTimeout) });

/** The queues of the app, by connection setting and name. */
export interface QueueStorage {
  /** @throws Error in one sentence when the setting does not hold a connection string. */
  queue(connection: string | undefined, name: string): QueueClient;
  /** Adds one message for each item of an output binding's value, and creates the queue when it is missing. */
  send(connection: string | undefined, name: string, data: TypedData): Promise<void>;
  /** Calls `listener` when this process added a message to that queue. Returns: calls it no more. */
  onSent(queue: QueueClient, listener: () => void): () => void;
}

/**
 * Opens the Storage queues that the app's settings point to: a connection string, or `UseDevelopmentStorage=true`.
 *
 * @param settings the app settings; a binding's `connection` names one of them, `AzureWebJobsStorage` unless given.
 */
export function openQueueStorage(
  settings: NodeJS.ProcessEnv,
  encoding: QueueSettings['messageEncoding'],
): QueueStorage {
  const clients = new Map<string, QueueClient>();
  const listeners = new Map<string, Set<() => void>>();

  const queue = (connection: string | undefined, name: string): QueueClient => {
    const key = `${connection || 'AzureWebJobsStorage'}/${name}`;
    const client = clients.get(key) ?? openQueue(connection || 'AzureWebJobsStorage', name, settings);
    clients.set(key, client);
    return client;
  };

  return {
    queue,
    async send(connection, name, data) {
      const client = queue(connection, name);
      for (const message of toMessages(data)) {
        await addMessage(client, encode(message, encoding));
        for (const listener of listeners.get(client.url) ?? []) listener();
      }
    },
    onSent({ url }, listener) {
      const all = listeners.get(url) ?? new Set();
      listeners.set(url, all.add(listener));
      return () => void all.delete(listener);
    },
  };
}

/** https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#connections */
function openQueue(connection: string, name: string, settings: NodeJS.ProcessEnv): QueueClient {
  const value = settings[`AzureWebJobs${connection}`] || settings[connection] || '';
  const retryOptions = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 };
  try {
    return QueueServiceClient.fromConnectionString(value, { retryOptions }).getQueueClient(name);
  } catch {
    throw new Error(
      `The setting "${connection}" holds no storage connection string, the one kind that the local host knows.`,
    );
  }
}

/** Adds a message as it is, and creates the queue when it is missing. */
export async function addMessage(queue: QueueClient, text: string): Promise<void> {
  try {
    await queue.sendMessage(text, bounded());
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await queue.createIfNotExists(bounded());
    await queue.sendMessage(text, bounded());
  }
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/**
 * The messages of an output binding's value: an array gives one for each item, also when it comes as JSON text; text is
 * sent as it is, an object as JSON.
 * Source: https://github.com/Azure/azure-functions-host (`FunctionBinding.ReadAsEnumerable`)
 */
export function toMessages(data: TypedData): (string | Uint8Array)[] {
  if (data.bytes) return [data.bytes];
  const text = data.string ?? data.json ?? String(data.int ?? data.double ?? '');
  const value = parse(text);
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return [typeof value === 'string' && data.json ? value : text];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encode(message: string | Uint8Array, encoding: QueueSettings['messageEncoding']): string {
  const bytes = Buffer.from(message);
  return bytes.toString(encoding === 'base64' ? 'base64' : 'utf8');
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a message; undefined when it is not in the encoding, or not UTF-8. */
export function decode(text: string, encoding: QueueSettings['messageEncoding']): string | undefined {
  if (encoding === 'none') return text;
  if (!base64.test(text)) return undefined;
  try {
    return utf8.decode(Buffer.from(text, 'base64'));
  } catch {
    return undefined;
  }
}
