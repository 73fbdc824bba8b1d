import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerClient } from '@azure/storage-blob';
import { isSecureOrLoopback } from '../../shared/http/loopback.ts';
import type { EpochSeconds } from '../../shared/platform.ts';
import { attempt } from '../../shared/token-store/storage-answer.ts';

/** One file of a token store. */
export interface StoreFile {
  /** With `.json`, without a folder. */
  readonly name: string;
  /** Its content, and when it was written last; undefined where it is larger than any such file. */
  read(): Promise<{ readonly content: Uint8Array; readonly writtenAt: EpochSeconds } | undefined>;
}

/** A user's file holds some kilobytes for each provider. In bytes. */
const largestFile = 1024 * 1024;
/** In milliseconds, for one file and for one page of names. */
const readTimeout = 30_000;
/** Of these, for one try of up to four. */
const tryTimeout = 7_000;

/**
 * The files of a token store: those in a directory, or every blob at the root of the container of a SAS URL, which
 * must grant read and list. Throws an Error in one sentence that does not quote a URL, or `container_*`.
 */
export function storeFiles(from: string): AsyncIterable<StoreFile> {
  if (!/^https?:/i.test(from)) return filesOf(from);
  const url = URL.canParse(from) ? new URL(from) : undefined;
  if (!url || !isSecureOrLoopback(url) || url.pathname.length < 2 || !url.searchParams.has('sig')) {
    throw new Error(
      'The URL of --from is no container SAS URL: https://<account>.blob.core.windows.net/<container>?….',
    );
  }
  return blobsOf(url.href);
}

async function* filesOf(directory: string): AsyncIterable<StoreFile> {
  const found = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The directory of --from cannot be read (${error.code}).`);
  });
  for (const { name } of found.filter((one) => one.isFile())) {
    yield { name, read: () => readFile(join(directory, name)) };
  }
}

async function readFile(path: string): ReturnType<StoreFile['read']> {
  const file = await open(path);
  try {
    const { size, mtimeMs } = await file.stat();
    if (size > largestFile) return undefined;
    const content = new Uint8Array(size);
    const { bytesRead } = await file.read(content, 0, size, 0);
    return { content: content.subarray(0, bytesRead), writtenAt: Math.floor(mtimeMs / 1000) };
  } finally {
    await file.close();
  }
}

async function* blobsOf(containerSasUrl: string): AsyncIterable<StoreFile> {
  const container = new ContainerClient(containerSasUrl, undefined, { retryOptions: { tryTimeoutInMs: tryTimeout } });
  let continuationToken: string | undefined;
  do {
    const page = await attempt(() => pageOf(container, continuationToken), {});
    for (const { name } of page.segment.blobItems) {
      yield { name, read: () => attempt(() => readBlob(container, name), {}) };
    }
    continuationToken = page.continuationToken;
  } while (continuationToken);
}

/** One page of names, bounded by itself: whoever reads the files takes their time. */
async function pageOf(container: ContainerClient, continuationToken: string | undefined) {
  const names = container.listBlobsByHierarchy('/', { abortSignal: AbortSignal.timeout(readTimeout) });
  const from = continuationToken ? { continuationToken } : {};
  const { value } = await names.byPage({ maxPageSize: 1000, ...from }).next();
  return value;
}

async function readBlob(container: ContainerClient, name: string): ReturnType<StoreFile['read']> {
  const abortSignal = AbortSignal.timeout(readTimeout);
  const response = await container.getBlobClient(name).download(0, undefined, { abortSignal });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.readableStreamBody ?? []) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > largestFile) return undefined;
  }
  return { content: Buffer.concat(chunks), writtenAt: Math.floor(Number(response.lastModified) / 1000) };
}
