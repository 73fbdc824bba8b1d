import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../dev/build.ts';
import { freePort } from '../dev/ports.ts';
import { type Stack, type StackOptions, startStack } from '../dev/stack.ts';

/** An example that runs: what to look at, and how it ends. */
export interface RunningExample {
  /** What to do now, a line each. */
  readonly instructions: readonly string[];
  close(): Promise<void>;
}

/** The local stack of an example, on free ports and with data that last as long as it runs. */
export async function exampleStack(options: Partial<StackOptions> = {}): Promise<Stack> {
  await bundle();
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-example-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const stack = await startStack({ directory, port: await freePort(), output: 'ignore', ...options });
    return Object.assign(Object.create(stack) as Stack, {
      async close() {
        await stack.close();
        remove();
      },
    });
  } catch (error) {
    remove();
    throw error;
  }
}
