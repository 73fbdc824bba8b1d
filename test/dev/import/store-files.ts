import { createCipheriv, randomBytes } from 'node:crypto';
import type { StoreFile } from '../../../dev/import/store-source.ts';

/** What App Service sets as WEBSITE_AUTH_ENCRYPTION_KEY: 256 bits in hex. */
export const encryptionKey = randomBytes(32).toString('hex').toUpperCase();

/** One value of a store file, as App Service makes it: base64 of the IV and the AES-256-CBC ciphertext. */
export function encrypted(document: unknown, key = encryptionKey): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', Buffer.from(key, 'hex'), iv);
  return Buffer.concat([iv, cipher.update(JSON.stringify(document), 'utf8'), cipher.final()]).toString('base64');
}

/** A user's file. .NET escapes the slash, which base64 is full of. */
export function storeFileText(entries: Readonly<Record<string, unknown>>, key = encryptionKey): string {
  const tokens = Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, encrypted(entry, key)]));
  return JSON.stringify({ encrypted: true, tokens, version: 1 }).replaceAll('/', '\\/');
}

/** A file as a source gives it. `writtenAt` in seconds; now unless set. */
export function fileOf(name: string, text: string, writtenAt = Math.floor(Date.now() / 1000)): StoreFile {
  return { name, read: async () => ({ content: Buffer.from(text), writtenAt }) };
}

/** A name as the store gives its files. */
export function fileName(): string {
  return `${randomBytes(16).toString('hex')}.json`;
}

/** .NET's round-trip format of a time in seconds. */
export function dotNetTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '0000Z');
}
