import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How long a child process may take to end when asked to, in milliseconds. */
const patience = 10_000;

/** Asks a child process to end, and makes it end where it does not. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timeout = setTimeout(() => child.kill('SIGKILL'), patience);
  await gone;
  clearTimeout(timeout);
}
