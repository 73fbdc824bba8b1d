import { decodeSession } from '../../shared/token-store/session.ts';
import { createModelSealer, expected, type Instance, startInstance } from './instance.ts';
import { createInvariants } from './invariants.ts';
import { createLedger } from './ledger.ts';
import { createModelContainer } from './model-container.ts';
import { createModelProvider } from './model-provider.ts';
import { createModelQueue } from './model-queue.ts';
import type { Plan } from './plan.ts';
import { createProcess } from './process.ts';
import type { Draw } from './random.ts';
import { createScheduler } from './scheduler.ts';
import { Violation, violation } from './violation.ts';
import { createWeather } from './weather.ts';

/** 2026-01-01T00:00:00Z. */
export const beginning = Date.UTC(2026, 0, 1);
/** Nobody waits longer than this for anything, in milliseconds. */
const longestCall = 10 * 60_000;

export type World = ReturnType<typeof createWorld>;

/** The services, and the instances of the app that use them. `trace` gets a line for each step. */
export function createWorld(plan: Plan, draw: Draw, trace?: (line: string) => void) {
  const traced = trace && ((line: string) => trace(`${timeOfDay(scheduler.now)} ${line}`));
  const scheduler = createScheduler(beginning, draw, traced);
  const now = () => scheduler.now;
  const phases = plan.phases.map((one) => ({ ...one, from: beginning + one.from, to: beginning + one.to }));
  const weather = createWeather(draw, phases, plan.faults);
  const sealer = createModelSealer();
  const ledger = createLedger(now, plan.largestSkew);
  const provider = createModelProvider(plan.manners, draw, now, ledger);
  const model = createModelContainer(plan.deletes, now, (...change) => invariants.changed(...change));
  const invariants = createInvariants({ plan, model, provider, ledger, document: sealer.document, now });

  const instances: Instance[] = [];
  const open = new Map<Instance, Set<{ readonly at: number }>>();
  const counts = { crashes: 0, interventions: 0 };
  let failure: unknown;

  const running = () => instances.filter(({ process }) => process.alive);
  const anyone = () => draw.any(running());
  const queueOf = (name: string, handle: (instance: Instance, body: unknown) => Promise<void>) =>
    createModelQueue({
      name,
      scheduler,
      draw,
      isAway: () => weather.isAway('queue', now()),
      consumer() {
        const instance = anyone();
        return instance && { process: instance.process, handle: (body) => watched(instance, handle(instance, body)) };
      },
    });
  const visitQueue = queueOf('visits', (instance, body) => instance.visits(body));
  const recoveryQueue = queueOf('recovery', (instance, body) => instance.recover(body));

  /** Watches what an instance was asked to do: it must end, and in no way that nobody expects. */
  async function watched(instance: Instance, doing: Promise<unknown>): Promise<void> {
    const doings = open.get(instance) ?? new Set();
    open.set(instance, doings);
    const began = { at: now() };
    doings.add(began);
    try {
      await doing;
    } catch (error) {
      failure ??= expected(error) ? undefined : asViolation(error);
      throw error;
    } finally {
      doings.delete(began);
    }
  }

  function start(index: number): void {
    const skew = plan.largestSkew * draw.between(-1, 1);
    const process = createProcess({ scheduler, draw, weather, index, skew });
    const log = {
      event(name: string, fields: { session?: string } = {}) {
        traced?.(`${index} logs ${name} ${JSON.stringify(fields)}`);
        if (name !== 'refresh_lost') return;
        for (const family of invariants.witnessOf(fields.session)?.families ?? []) ledger.gaveUp(family, process);
      },
    };
    const onRescue = (sealed: string) => {
      for (const { refreshToken } of Object.values(decodeSession(sealer.document(sealed)).entries)) {
        if (!refreshToken) continue;
        const { family, number } = provider.familyOf(refreshToken);
        ledger.keep(family, number, 'queue');
      }
    };
    const { pageSize, refreshExtension, sessionLifetime } = plan;
    const services = { model, sealer, provider, visitQueue, recoveryQueue };
    instances.push(startInstance({ process, ...services, pageSize, refreshExtension, sessionLifetime, log, onRescue }));
  }

  for (let index = 0; index < plan.instances; index++) start(index);

  return {
    scheduler,
    weather,
    provider,
    invariants,
    counts,
    anyone,
    /** Has an instance do something, of which nobody waits for the end. */
    ask(instance: Instance, doing: Promise<unknown>): void {
      watched(instance, doing).catch(() => undefined);
    },
    /** Ends a process; another takes its place later. */
    crash({ process }: Instance): void {
      counts.crashes += 1;
      process.crash();
      for (const family of provider.families()) ledger.crashed(family, process);
      scheduler.after(draw.between(0, 20_000), {
        label: () => `${process.index} starts anew`,
        run: () => start(process.index),
      });
    },
    standStill({ process }: Instance, milliseconds: number): void {
      counts.interventions += 1;
      process.standStill(milliseconds);
    },
    /** Whether nothing has happened so far that anybody would notice. */
    isHarmless: () => weather.isHarmless() && counts.crashes + counts.interventions === 0,
    /** What nobody expected of the code, if anything. */
    failure: () => failure,
    /** Whether nothing is being done any more. */
    isIdle: () => recoveryQueue.size === 0 && running().every((one) => !open.get(one)?.size),
    /** Throws what is not over although nothing has failed for long. */
    settled(): void {
      for (const instance of running()) {
        const left = [...(open.get(instance) ?? [])].filter(({ at }) => at < now() - longestCall);
        if (left.length > 0) violation('left-undone', `${left.length} calls of ${instance.process.index}`);
      }
      if (recoveryQueue.size > 0) violation('left-undone', 'the recovery queue');
    },
  };
}

function asViolation(error: unknown): Violation {
  return error instanceof Violation ? error : new Violation('unexpected-error', String((error as Error).stack));
}

export function timeOfDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
