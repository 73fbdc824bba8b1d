import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stopChild } from './child.ts';

/** Azurite as a child process: blobs and queues of a local storage account. */
export interface Azurite {
  readonly blobUrl: string;
  readonly queueUrl: string;
  /** Connection string of the account, for `AzureWebJobsStorage`. */
  readonly connectionString: string;
  readonly process: ChildProcess;
  close(): Promise<void>;
}

export interface AzuriteOptions {
  /** Where data stay; without it they live in memory. */
  readonly directory?: string;
  readonly blobPort?: number;
  readonly queuePort?: number;
}

/**
 * The account of every local storage emulator; name and key are published and open nothing but emulators:
 * https://learn.microsoft.com/azure/storage/common/storage-connect-azurite#http-connection-strings.
 */
export const developmentAccount = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};

/** How long Azurite may take to start, in milliseconds. */
const startTimeout = 60_000;

export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const main = join(dirname(createRequire(import.meta.url).resolve('azurite/package.json')), 'dist/src/azurite.js');
  const places = options.directory === undefined ? ['--inMemoryPersistence'] : ['--location', options.directory];
  const child = spawn(
    process.execPath,
    [
      '--import',
      fileURLToPath(new URL('./exit-with-parent.ts', import.meta.url)),
      main,
      ...places,
      ...[
        '--blobPort',
        String(options.blobPort ?? 0),
        '--queuePort',
        String(options.queuePort ?? 0),
        '--tablePort',
        '0',
      ],
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--silent',
    ],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  try {
    const ports = await listeningPorts(child);
    const blobUrl = `http://127.0.0.1:${ports.Blob}/${developmentAccount.name}`;
    const queueUrl = `http://127.0.0.1:${ports.Queue}/${developmentAccount.name}`;
    const { name, key } = developmentAccount;
    return {
      blobUrl,
      queueUrl,
      connectionString: `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${key};BlobEndpoint=${blobUrl};QueueEndpoint=${queueUrl};`,
      process: child,
      close: () => stopChild(child),
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** Waits for the lines by which Azurite says where it listens. */
async function listeningPorts(child: ChildProcess): Promise<{ Blob: string; Queue: string }> {
  const ports: Record<string, string> = {};
  const timeout = setTimeout(() => child.kill('SIGKILL'), startTimeout);
  try {
    if (!child.stdout) throw new Error('Azurite has no output to read');
    for await (const line of createInterface(child.stdout)) {
      const [, service, port] = /Azurite (\w+) service .*listening (?:at|on) http:\/\/[^:]+:(\d+)/.exec(line) ?? [];
      if (service !== undefined && port !== undefined) ports[service] = port;
      const { Blob, Queue, Table } = ports;
      if (Blob !== undefined && Queue !== undefined && Table !== undefined) {
        child.stdout.resume();
        return { Blob, Queue };
      }
    }
  } finally {
    clearTimeout(timeout);
  }
  throw new Error(`Azurite did not start; it ended with ${child.exitCode ?? child.signalCode ?? 'no word'}`);
}
