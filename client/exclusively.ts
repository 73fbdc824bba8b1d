/** In milliseconds; then the tab that holds the lock is taken for dead, and the server sorts out who comes first. */
const longestWait = 30_000;

/** Runs `task` while no other tab of this origin does, where the browser has Web Locks; they need a secure context. */
export async function exclusively<T>(name: string, task: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | undefined;
  try {
    await navigator.locks?.request(name, { signal: AbortSignal.timeout(longestWait) }, () => {
      begun = task();
      return begun;
    });
  } catch {
    // Of the task, and then told below; or of the lock.
  }
  return begun ?? task();
}
