import type { IncomingMessage } from 'node:http';
import { badParameter } from './errors.ts';

/** The longest body of any operation, an RSA-4096 key to import, needs some 4 KiB. */
const limitBytes = 65_536;

/**
 * Reads a JSON body.
 *
 * @returns undefined when there is none.
 * @throws KeyVaultError 400 when it is longer than 64 KiB or is not JSON.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > limitBytes) throw badParameter('The request body is too long.');
    chunks.push(chunk);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw badParameter('The request body is not JSON.');
  }
}
