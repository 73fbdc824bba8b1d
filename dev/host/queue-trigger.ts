import { randomUUID } from 'node:crypto';
import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { Trigger } from './invoke.ts';
import type { TypedData } from './rpc.ts';

type Origin = Omit<DequeuedMessageItem, 'messageText'>;

const string = (text: string): TypedData => ({ string: text });
const json = (value: unknown): TypedData => ({ json: JSON.stringify(value) });
/** As .NET writes a UTC time. */
const time = (date: Date) => json(date.toISOString().replace('Z', '+00:00'));

/**
 * What a queue function is given: the text, which `@azure/functions` parses when it is JSON, and the metadata in the
 * names and types of the queue extension.
 * Source: https://github.com/Azure/azure-sdk-for-net (`QueueTriggerBinding.CreateBindingData`)
 */
export function queueTrigger(bindingName: string, text: string, message: Origin): Trigger {
  return {
    input: { name: bindingName, data: string(text) },
    metadata: {
      QueueTrigger: string(text),
      Id: string(message.messageId),
      DequeueCount: json(message.dequeueCount),
      PopReceipt: string(message.popReceipt),
      InsertionTime: time(message.insertedOn),
      ExpirationTime: time(message.expiresOn),
      NextVisibleTime: time(message.nextVisibleOn),
    },
  };
}

/** The same for a run by hand, with no message behind it. A value that is no text is given as JSON. */
export function manualQueueTrigger(bindingName: string, input: unknown): Trigger {
  const now = new Date();
  return queueTrigger(bindingName, typeof input === 'string' ? input : (JSON.stringify(input) ?? ''), {
    messageId: randomUUID(),
    popReceipt: '',
    dequeueCount: 0,
    insertedOn: now,
    expiresOn: now,
    nextVisibleOn: now,
  });
}
