import type { Manners } from './model-provider.ts';
import type { Draw } from './random.ts';
import type { Failure, Faults, Phase, Service } from './weather.ts';

/** Something that somebody does, or that befalls a process. */
export interface Act {
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly kind:
    | 'request'
    | 'read'
    | 'target'
    | 'use'
    | 'sign-in'
    | 'sign-out'
    | 'crash'
    | 'stand-still'
    | 'break-lease'
    | Amending;
}

/** What changes a session beside refreshes and sign-outs. */
export type Amending = 'connect' | 'disconnect' | 'consent' | 'withdraw' | 'count' | 'move';

/** Everything about a schedule that is decided beforehand. */
export interface Plan {
  readonly instances: number;
  readonly sessions: number;
  readonly deletes: boolean;
  readonly pageSize: number;
  /** How far clocks are off at most, in milliseconds. */
  readonly largestSkew: number;
  /** In seconds: how long a session is valid unless it is used, is refreshed beyond that, and may last at most. */
  readonly sessionLifetime: number;
  readonly refreshExtension: number;
  readonly longestSession: number;
  readonly manners: Manners;
  readonly faults: Faults;
  /** By milliseconds from the beginning. */
  readonly phases: readonly Phase[];
  readonly acts: readonly Act[];
  /** How long a process stands still at most, in milliseconds. */
  readonly longestStandstill: number;
  /** When all faults end, in milliseconds from the beginning. */
  readonly end: number;
}

const second = 1000;
const minute = 60 * second;

export function drawPlan(draw: Draw): Plan {
  const acts: Act[] = [];
  const phases: Phase[] = [];
  const life = draw.one([90, 90, 300, 300, 1200]);
  const instances = draw.whole(1, 4);
  let at = draw.between(0, life * second);
  for (let episodes = draw.whole(1, 3); episodes > 0; episodes--) {
    const length = draw.one([2, 10, 60, 180]) * second;
    const sometime = () => at + draw.between(0, length);
    const first = acts.length;
    /** Half of what happens comes right after something else. */
    const soonAfter = () => {
      const before = draw.chance(0.5) ? draw.any(acts.slice(first)) : undefined;
      return before ? before.at + draw.between(0, draw.one(soon)) : sometime();
    };
    for (let count = draw.whole(1, 6); count > 0; count--) acts.push({ at: soonAfter(), kind: draw.one(usualActs) });
    for (const [kind, share] of rareActs) if (draw.chance(share)) acts.push({ at: soonAfter(), kind });
    for (let count = draw.whole(0, 3); count > 0; count--) {
      const phase = drawPhase(draw, sometime(), instances);
      phases.push(phase);
      // Container and queue may lie in one storage account, and fail together.
      if (phase.service === 'container' && draw.chance(0.3))
        phases.push({ ...phase, service: 'queue', failure: 'cut' });
      const afterwards = phase.from + draw.between(0, 1.2) * Math.min(phase.to - phase.from, minute);
      for (let later = draw.whole(0, 2); later > 0; later--) {
        acts.push({ at: afterwards + draw.between(0, 40 * second), kind: draw.one(['request', 'request', 'use']) });
      }
    }
    at += length + draw.one([5 * second, minute, life * second]);
  }
  const hour = 3600;
  return {
    instances,
    ...draw.one([
      { sessionLifetime: 8 * hour, refreshExtension: 72 * hour, longestSession: 720 * hour },
      { sessionLifetime: 8 * hour, refreshExtension: 72 * hour, longestSession: 720 * hour },
      { sessionLifetime: 300, refreshExtension: hour, longestSession: 720 * hour },
      { sessionLifetime: 300, refreshExtension: draw.one([0, 120]), longestSession: draw.one([600, hour]) },
    ]),
    sessions: draw.whole(1, 2),
    deletes: draw.chance(0.8),
    pageSize: draw.whole(1, 4),
    largestSkew: draw.one([0, 2 * second, 4 * minute]),
    manners: {
      kind: draw.one(['single-use', 'single-use', 'single-use', 'grace', 'reusable']),
      grace: draw.one([5, 30, 120]),
      life,
      repeatsAccessToken: draw.chance(0.2),
      retryAfter: draw.one([0, 0, 7, 90]),
    },
    faults: draw.one([
      { fails: 0, slow: 0, late: 0 },
      { fails: 0.01, slow: 0.02, late: 0 },
      { fails: 0.06, slow: 0.05, late: 0.01 },
      { fails: 0.15, slow: 0.02, late: 0.01 },
      { fails: 0.1, slow: 0.02, late: 0.12 },
    ]),
    phases,
    acts,
    longestStandstill: draw.one([3, 12, 60, 300]) * second,
    end: Math.max(at, ...phases.map(({ to }) => to)),
  };
}

/** Within the time that a call takes, that a refresh takes, that a caller waits; in milliseconds. */
const soon = [200, 3 * second, 15 * second] as const;

const amendments: readonly [Amending, ...Amending[]] = [
  'connect',
  'connect',
  'connect',
  'disconnect',
  'consent',
  'withdraw',
  'count',
  'move',
  'move',
];

/** Amendments beside what a plan has: half of them come right after, or right before, something else that happens. */
export function withAmendments(plan: Plan, draw: Draw): Plan {
  const acts: Act[] = [...plan.acts, { at: draw.between(0, minute), kind: 'connect' }];
  for (let count = draw.whole(2, 10); count > 0; count--) {
    const beside = draw.chance(0.5) ? draw.any(acts) : undefined;
    const at = beside
      ? beside.at + draw.between(-0.3, 1) * draw.one(soon)
      : draw.between(0, Math.max(plan.end, 2 * minute));
    acts.push({ at: Math.max(at, 0), kind: draw.one(amendments) });
  }
  // What meets tokens that could not be stored, and lie in the recovery queue.
  for (const { from, to } of plan.phases.filter(({ service }) => service === 'container')) {
    acts.push({ at: Math.max(from - draw.between(0, draw.one(soon)), 0), kind: 'request' });
    acts.push({ at: from + draw.between(0, 1.2) * (to - from), kind: draw.one(amendments) });
    acts.push({ at: to + draw.between(-2, 30) * second, kind: draw.one(['move', 'disconnect', 'connect']) });
  }
  return { ...plan, acts, end: Math.max(plan.end, ...acts.map(({ at }) => at)) };
}

const usualActs: readonly [Act['kind'], ...Act['kind'][]] = [
  'request',
  'request',
  'request',
  'read',
  'target',
  'use',
  'use',
];
const rareActs: readonly (readonly [Act['kind'], number])[] = [
  ['crash', 0.4],
  ['crash', 0.2],
  ['stand-still', 0.4],
  ['sign-out', 0.25],
  ['sign-in', 0.3],
  ['break-lease', 0.1],
];

function drawPhase(draw: Draw, from: number, instances: number): Phase {
  const length = draw.one([2, 8, 20, 40, 90, 400]) * second * draw.between(0.5, 1.5);
  const service = draw.one<Service>(['container', 'container', 'provider', 'queue']);
  const failures: Record<Service, [Failure, ...Failure[]]> = {
    container: ['cut', 'cut', 'refused'],
    provider: ['cut', 'busy', 'busy'],
    queue: ['cut'],
  };
  return {
    service,
    from,
    to: from + length,
    failure: draw.one(failures[service]),
    fails: draw.one([1, 1, 0.7]),
    takesEffect: draw.one([0, 0, 0.5]),
    ...(draw.chance(0.4) ? { process: draw.whole(0, instances - 1) } : {}),
  };
}
