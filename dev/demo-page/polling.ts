import type { EntryView } from '../../shared/sessions/entry-view.ts';

/** In milliseconds. */
const soon = 2 * 60_000;
export const quickly = 3_000;
const calmly = 15_000;

/** Milliseconds until the entries should be read again: few where one is due to be refreshed soon or is overdue. */
export function pollDelay(entries: readonly EntryView[], now: number): number {
  const isSoon = entries.some(({ refreshable, refresh_state: { due_on } }) => {
    return refreshable && due_on !== undefined && Date.parse(due_on) - now <= soon;
  });
  return isSoon ? quickly : calmly;
}

/**
 * Calls `read` now, then again after the milliseconds it gives, never twice at a time; it rests while the tab is
 * hidden or where `read` gives nothing, until the tab is shown. The function returned asks for one more call now.
 */
export function startPolling(read: () => Promise<number | undefined>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isReading = false;
  let isAskedAgain = false;

  async function run(): Promise<void> {
    clearTimeout(timer);
    if (isReading) {
      isAskedAgain = true;
      return;
    }
    isReading = true;
    let delay: number | undefined = calmly;
    try {
      do {
        isAskedAgain = false;
        delay = await read();
      } while (isAskedAgain);
    } finally {
      isReading = false;
      if (delay !== undefined && !document.hidden) timer = setTimeout(run, delay);
    }
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) clearTimeout(timer);
    else void run();
  });
  void run();
  return () => void run();
}
