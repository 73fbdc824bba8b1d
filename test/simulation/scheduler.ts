import type { Draw } from './random.ts';

/** Whoever an event happens to: a process that has crashed takes no part any more, one that stands still does later. */
export interface Actor {
  readonly alive: boolean;
  /** Milliseconds of the virtual time. */
  readonly standsStillUntil: number;
}

export interface Scheduler {
  /** The virtual time, in milliseconds since 1970. */
  readonly now: number;
  /** Has something happen in so many milliseconds; gives what calls it off. */
  after(delay: number, what: Happening): () => void;
  /** Runs one event after the other, with all that the code does about it, until `isOver`. */
  run(isOver: () => boolean): Promise<void>;
}

export interface Happening {
  readonly run: () => void;
  /** For the trace. */
  readonly label: () => string;
  /** Whose memory it happens in; what has already been sent happens without one. */
  readonly to?: Actor;
}

interface Event {
  at: number;
  readonly what: Happening;
  isOff: boolean;
}

/**
 * Virtual time, in which only what is scheduled happens. An event takes effect as a whole, then the code under simulation
 * runs until it waits for the next: `setImmediate` comes after all promises that are settled by then.
 */
export function createScheduler(from: number, draw: Draw, trace?: (line: string) => void): Scheduler {
  const events: Event[] = [];
  let now = from;

  function add(event: Event): void {
    let place = events.length;
    // The last is the next. Of two at the same time either may come first.
    while (place > 0) {
      const before = events[place - 1];
      if (!before || before.at > event.at || (before.at === event.at && draw.chance(0.5))) break;
      place -= 1;
    }
    events.splice(place, 0, event);
  }

  return {
    get now() {
      return now;
    },
    after(delay, what) {
      const event: Event = { at: now + delay, what, isOff: false };
      add(event);
      return () => {
        event.isOff = true;
      };
    },
    async run(isOver) {
      while (!isOver()) {
        const event = events.pop();
        if (!event) return;
        const { to } = event.what;
        if (event.isOff || to?.alive === false) continue;
        if (to && to.standsStillUntil > event.at) {
          event.at = to.standsStillUntil + draw.between(0, 5);
          add(event);
          continue;
        }
        now = Math.max(now, event.at);
        trace?.(event.what.label());
        event.what.run();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
