import type { TestProject } from 'vitest/node';
import { startAzurite } from '../../dev/azurite.ts';
import { bundle } from '../../dev/build.ts';

declare module 'vitest' {
  interface ProvidedContext {
    azurite: { readonly blobUrl: string; readonly queueUrl: string; readonly connectionString: string };
  }
}

/** Builds the bundle and starts one Azurite for all test files; each makes containers of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [azurite] = await Promise.all([startAzurite(), bundle()]);
  const { blobUrl, queueUrl, connectionString } = azurite;
  project.provide('azurite', { blobUrl, queueUrl, connectionString });
  return () => azurite.close();
}
