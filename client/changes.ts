import type { Entry } from './entry.ts';
import type { TokenkeepError } from './tokenkeep-error.ts';

/** Told who is signed in from now on; undefined where nobody is, and why, unless the user has just signed out here. */
export type Listener = (entries: readonly Entry[] | undefined, reason?: TokenkeepError) => void;

/** Who is signed in as far as this tab knows, and who wants to know. */
export interface Changes {
  readonly listeners: Set<Listener>;
  /** Tells the listeners where this is news. */
  readonly take: Listener;
  /** Tells the other tabs to look for themselves. Nothing about the user goes along. */
  tell(): void;
}

/** `look` is called when another tab tells that something has changed. */
export function createChanges(name: string, look: () => void): Changes {
  const listeners = new Set<Listener>();
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(name);
  channel?.addEventListener('message', look);
  let known: string | undefined = '';
  return {
    listeners,
    take(entries, reason) {
      const news = JSON.stringify(entries);
      if (news === known) return;
      known = news;
      // What a listener throws is the page's, not the caller's.
      for (const listener of listeners) queueMicrotask(() => listener(entries, reason));
    },
    tell() {
      channel?.postMessage('');
    },
  };
}
