import { type Draw, drawFrom } from './random.ts';

export type Service = 'blobs' | 'queues' | 'provider' | 'vault';

/** What a proxy does to its share of the requests. */
export interface Fault {
  /**
   * Held up for a while; connection cut before the service has seen the request, or after it has answered; answered 503
   * in the service's place.
   */
  readonly kind: 'delayed' | 'unsent' | 'unanswered' | 'refused';
  /** From 0 to 1. */
  readonly share: number;
  /** Longest delay. */
  readonly milliseconds?: number;
  /** Seconds, of a 503. */
  readonly retryAfter?: number;
}

export type Trouble =
  | { readonly kind: 'network'; readonly service: Service; readonly fault: Fault }
  | { readonly kind: 'azurite-stopped' | 'azurite-frozen' }
  | { readonly kind: 'host-killed'; readonly host: number };

/** Trouble from second `at` of the run, for some seconds. */
export interface Phase {
  readonly at: number;
  readonly seconds: number;
  readonly trouble: Trouble;
}

/** A run begins this many seconds before a minute: then the timers of the hosts fire, and most of the work begins. */
export const leadIn = 10;
/**
 * In each round, just after timers have fired, the container goes away for longer than a lease lasts, while the provider
 * takes its time: so there are new tokens on their way that have to be rescued.
 */
const longOutage = 37;
const round = 300;

/** The troubles of a run in the order of their beginning, which the seed alone decides. */
export function plan(seed: number, seconds: number, hosts: number): Phase[] {
  const draw = drawFrom(seed);
  const isShort = seconds <= round;
  const length: Range = isShort ? [4, 8] : [6, 20];
  const phases: Phase[] = [
    ...track(draw, [0, seconds], length, length, () => draw.shuffled(vaultTroubles(draw))),
    ...track(draw, [0, seconds], [0.1, 3], isShort ? [5, 12] : [8, 24], () => killings(draw, hosts)),
  ];
  for (let begin = leadIn; begin + longOutage < seconds; begin += round) {
    const end = Math.min(begin + round - leadIn, seconds);
    const slow = { at: begin, seconds: draw.between(3, 6), trouble: slowProvider };
    const outage = { at: begin + draw.between(1, 4), seconds: longOutage, trouble: noContainer };
    const storage = () => [{ kind: 'azurite-stopped' } as const, ...draw.shuffled(storageTroubles(draw))];
    const provider = () => draw.shuffled(providerTroubles(draw));
    phases.push(slow, ...track(draw, [slow.at + slow.seconds, end], length, length, provider));
    phases.push(outage, ...track(draw, [outage.at + outage.seconds, end], length, length, storage));
  }
  return phases.toSorted((one, other) => one.at - other.at);
}

/** From the least to the most, in seconds. */
type Range = readonly [number, number];

const slowProvider: Trouble = {
  kind: 'network',
  service: 'provider',
  fault: { kind: 'delayed', share: 0.8, milliseconds: 4_000 },
};
const noContainer: Trouble = { kind: 'network', service: 'blobs', fault: { kind: 'unsent', share: 1 } };

/** Troubles one after the other, with pauses between them, until the time is over. */
function track(draw: Draw, [begin, end]: Range, length: Range, pause: Range, deck: () => readonly Trouble[]): Phase[] {
  const phases: Phase[] = [];
  let cards: Trouble[] = [];
  for (let at = begin + draw.between(...pause); ; ) {
    if (cards.length === 0) cards = [...deck()];
    const trouble = cards.shift();
    const seconds = draw.between(...length);
    if (!trouble || at + seconds > end) return phases;
    phases.push({ at, seconds, trouble });
    at += seconds + draw.between(...pause);
  }
}

function storageTroubles(draw: Draw): Trouble[] {
  const some = () => draw.between(0.05, 0.4);
  const faults = (): Fault[] => [
    { kind: 'delayed', share: some(), milliseconds: draw.between(500, 12_000) },
    { kind: 'unsent', share: some() },
    { kind: 'unanswered', share: some() },
    { kind: 'refused', share: some(), ...(draw.fraction() < 0.5 ? { retryAfter: 1 } : {}) },
  ];
  return [
    { kind: 'azurite-frozen' },
    ...faults().map((fault) => ({ kind: 'network', service: 'blobs', fault }) as const),
    ...faults().map((fault) => ({ kind: 'network', service: 'queues', fault }) as const),
  ];
}

/** Few answers are lost behind the provider's back: each such loss may end a session for good. */
function providerTroubles(draw: Draw): Trouble[] {
  const faults: Fault[] = [
    { kind: 'delayed', share: 0.5, milliseconds: draw.between(500, 4_000) },
    { kind: 'unsent', share: draw.between(0.1, 0.5) },
    { kind: 'unanswered', share: 0.05 },
    { kind: 'refused', share: draw.between(0.1, 0.6) },
    { kind: 'refused', share: draw.between(0.1, 1), retryAfter: Math.ceil(draw.between(1, 20)) },
    { kind: 'unsent', share: 1 },
  ];
  return faults.map((fault) => ({ kind: 'network', service: 'provider', fault }));
}

function vaultTroubles(draw: Draw): Trouble[] {
  const faults: Fault[] = [
    { kind: 'delayed', share: 1, milliseconds: draw.between(500, 4_000) },
    { kind: 'unsent', share: 1 },
    { kind: 'unanswered', share: 0.5 },
    { kind: 'refused', share: draw.between(0.3, 1) },
  ];
  return faults.map((fault) => ({ kind: 'network', service: 'vault', fault }));
}

function killings(draw: Draw, hosts: number): Trouble[] {
  return [{ kind: 'host-killed', host: draw.index(hosts) }];
}

export function describe(trouble: Trouble): string {
  if (trouble.kind === 'host-killed') return `host ${trouble.host + 1} killed`;
  if (trouble.kind !== 'network') return trouble.kind.replace('-', ' ');
  const { kind, share } = trouble.fault;
  return `${trouble.service} ${share === 1 ? 'all' : `${Math.round(share * 100)} %`} ${kind}`;
}
