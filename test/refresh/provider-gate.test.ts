import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machine } from '../../shared/platform.ts';
import type { RefreshFailure, RefreshResult } from '../../shared/providers/provider.ts';
import { createProviderGate } from '../../shared/refresh/provider-gate.ts';
import type { LogFields } from '../../shared/telemetry/log.ts';
import type { RefreshCause } from '../../shared/token-store/session.ts';

const success: RefreshResult = { ok: true, tokens: {} };
const failure = (kind: RefreshFailure['kind'], reason: string, retryAfterSeconds?: number): RefreshResult => ({
  ok: false,
  failure: { kind, reason, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
});
const outage = failure('unanswered', 'http_503');

/** A call at the gate. It asks the provider as soon as `hasBegun`, and ends as the test says. */
interface Visitor {
  readonly cause: RefreshCause;
  readonly came: number;
  hasBegun: boolean;
  /** How often the circuit had opened or closed by then. */
  turns: number;
  /** What the gate gave back, or threw. */
  result: RefreshResult | Error | undefined;
  readonly answer: (result: RefreshResult | Error) => Promise<void>;
}

/** A gate whose time stands still until a test moves it, and whose dice always show the same. */
function gateUnderTest({ atOnce = 64, fraction = 0 } = {}) {
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const logged: [string, LogFields | undefined][] = [];
  let now = 1_800_000_000_000;
  const clock = {
    now: () => now,
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleeper = { at: now + milliseconds, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => sleepers.delete(sleeper) && reject(signal.reason));
      }),
  };
  const platform = { ...machine, clock, random: { ...machine.random, fraction: () => fraction } };
  const log = { event: (name: string, fields?: LogFields) => void logged.push([name, fields]) };
  const gate = createProviderGate({ platform, log, atOnce });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  async function comes(cause: RefreshCause = 'request', provider = 'demo'): Promise<Visitor> {
    const { promise, resolve, reject } = Promise.withResolvers<RefreshResult>();
    const visitor: Visitor = {
      cause,
      came: now,
      hasBegun: false,
      turns: 0,
      result: undefined,
      answer: (result) => {
        if (result instanceof Error) reject(result);
        else resolve(result);
        return settled();
      },
    };
    const work = () => {
      visitor.hasBegun = true;
      visitor.turns = logged.length;
      return promise;
    };
    gate.through(provider, cause, work).then(
      (result) => {
        visitor.result = result;
      },
      (error: Error) => {
        visitor.result = error;
      },
    );
    await settled();
    return visitor;
  }

  /** Calls one after another, each of which the provider answers so. */
  async function answered(...results: readonly (RefreshResult | Error)[]): Promise<void> {
    for (const result of results) await (await comes()).answer(result);
  }

  async function advance(seconds: number): Promise<void> {
    now += seconds * 1000;
    for (const sleeper of sleepers) {
      if (sleeper.at > now) continue;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
    await settled();
  }

  return { comes, answered, advance, logged, sleepers, now: () => now };
}

type Gate = ReturnType<typeof gateUnderTest>;

const five = <T>(one: T): T[] => Array.from({ length: 5 }, () => one);
const busy = { ok: false, failure: { kind: 'unavailable', reason: 'provider_busy' } };
const open = (retryAfterSeconds: number) => failure('unavailable', 'circuit_open', retryAfterSeconds);

/** The seconds until the gate lets a call through. None is made. */
async function secondsLeft(gate: Gate): Promise<number> {
  const visitor = await gate.comes();
  if (visitor.hasBegun) throw new Error('the circuit is closed');
  const { result } = visitor;
  if (!result || result instanceof Error || result.ok) throw new Error('the call was not turned away');
  return result.failure.retryAfterSeconds ?? Number.NaN;
}

async function isOpen(gate: Gate): Promise<boolean> {
  const visitor = await gate.comes();
  if (visitor.hasBegun) await visitor.answer(new Error('not asked'));
  return !visitor.hasBegun;
}

describe('the circuit opens', () => {
  it('at the fifth outage in a row and not before, and then fails calls at once without asking', async () => {
    const gate = gateUnderTest();
    await gate.answered(...five(outage).slice(1));
    const fifth = await gate.comes();
    expect(fifth.hasBegun).toBe(true);
    await fifth.answer(outage);
    expect(fifth.result).toBe(outage);

    const sixth = await gate.comes('read');
    expect(sixth).toMatchObject({ hasBegun: false, result: open(5) });
  });

  it.each([
    ['no answer', failure('unanswered', 'provider_unavailable')],
    ['500', failure('unanswered', 'http_500')],
    ['a web page', failure('unanswered', 'answer_is_not_json')],
    ['429', failure('unavailable', 'http_429')],
    ['slow_down', failure('unavailable', 'slow_down')],
    ['temporarily_unavailable', failure('unavailable', 'temporarily_unavailable')],
    ['server_error with a status of 400', failure('unavailable', 'server_error')],
    ['any error with Retry-After', failure('unavailable', 'quota_exceeded', 1)],
  ])('by %s', async (_, result) => {
    const gate = gateUnderTest();
    await gate.answered(...five(result));
    expect(await isOpen(gate)).toBe(true);
  });

  it('for one provider and no other', async () => {
    const gate = gateUnderTest();
    await gate.answered(...five(outage));
    expect((await gate.comes('request', 'other')).hasBegun).toBe(true);
  });

  it('by calls that were under way together', async () => {
    const gate = gateUnderTest();
    const together = [];
    for (let count = 0; count < 6; count++) together.push(await gate.comes());
    for (const one of together) await one.answer(outage);
    expect(gate.logged).toHaveLength(1);
    expect(await isOpen(gate)).toBe(true);
  });
});

describe('the circuit stays closed', () => {
  it.each([
    ['success', success],
    ['invalid_grant', failure('refused', 'invalid_grant')],
    ['invalid_client', failure('unavailable', 'invalid_client')],
    ['invalid_scope', failure('unavailable', 'invalid_scope')],
  ])('where %s comes between outages', async (_, answer) => {
    const gate = gateUnderTest();
    for (let round = 0; round < 3; round++) await gate.answered(...five(outage).slice(1), answer);
    expect(await isOpen(gate)).toBe(false);
    expect(gate.logged).toEqual([]);
  });

  it.each([
    ['invalid_grant', failure('refused', 'invalid_grant')],
    ['invalid_grant with Retry-After', failure('refused', 'invalid_grant', 60)],
    ['invalid_client', failure('unavailable', 'invalid_client')],
    ['issuer_changed', failure('unavailable', 'issuer_changed')],
    ['provider_misconfigured', failure('unavailable', 'provider_misconfigured')],
  ])('whoever fails with %s, however often', async (_, result) => {
    const gate = gateUnderTest();
    await gate.answered(...five(result), ...five(result));
    expect(await isOpen(gate)).toBe(false);
  });
});

it.each([
  ['an error of ours', new Error('the container is away')],
  ['a session that somebody else has written', failure('unavailable', 'busy')],
  ['an issuer that has changed', failure('unavailable', 'issuer_changed')],
  ['wrong settings', failure('unavailable', 'provider_misconfigured')],
  ['a resource that the provider cannot be asked for', failure('refused', 'scopes_need_a_v2_issuer')],
])('%s counts for nothing: it ends no row of outages, and closes no circuit', async (_, ours) => {
  const gate = gateUnderTest();
  await gate.answered(...five(outage).slice(1), ours, outage);
  expect(await secondsLeft(gate)).toBe(5);

  await gate.advance(5);
  await gate.answered(ours);
  expect(gate.logged).toHaveLength(1);
  const [probe, other] = [await gate.comes(), await gate.comes()];
  expect([probe.hasBegun, other.hasBegun]).toEqual([true, false]);
  await probe.answer(outage);
  expect(await secondsLeft(gate)).toBe(10);
});

it('an error thrown by the work is thrown on, and its place is free again', async () => {
  const gate = gateUnderTest({ atOnce: 1 });
  const failing = await gate.comes();
  await failing.answer(new Error('the container is away'));
  expect(failing.result).toEqual(new Error('the container is away'));
  expect((await gate.comes()).hasBegun).toBe(true);
});

describe('the time that the circuit is open', () => {
  it('doubles with each failed probe, up to five minutes', async () => {
    const gate = gateUnderTest({ fraction: 1 });
    await gate.answered(...five(outage));
    const times = [];
    for (let probe = 0; probe < 8; probe++) {
      const left = await secondsLeft(gate);
      times.push(left);
      await gate.advance(left);
      await gate.answered(outage);
    }
    expect(times).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('is that of the first time again after an answer', async () => {
    const gate = gateUnderTest({ fraction: 1 });
    await gate.answered(...five(outage));
    await gate.advance(10);
    await gate.answered(outage);
    await gate.advance(20);
    await gate.answered(success, ...five(outage));
    expect(await secondsLeft(gate)).toBe(10);
  });

  it.each([
    [0, 5],
    [0.5, 7.5],
    [1, 10],
  ])('is spread by the dice over its upper half: %f gives %f s', async (fraction, seconds) => {
    const gate = gateUnderTest({ fraction });
    await gate.answered(...five(outage));
    await gate.advance(seconds - 0.001);
    expect(await isOpen(gate)).toBe(true);
    await gate.advance(0.001);
    expect(await isOpen(gate)).toBe(false);
  });

  it('covers the latest Retry-After of the outages that opened it', async () => {
    const gate = gateUnderTest();
    const asking = (seconds: number) => failure('unanswered', 'http_503', seconds);
    await gate.answered(asking(60), asking(120), asking(30));
    await gate.advance(20);
    await gate.answered(outage, outage);
    expect(await secondsLeft(gate)).toBe(100);
    await gate.advance(100);
    await gate.answered(asking(90));
    expect(await secondsLeft(gate)).toBe(90);
  });

  it('believes Retry-After up to five minutes', async () => {
    const gate = gateUnderTest();
    await gate.answered(...five(failure('unavailable', 'http_429', 24 * 3600)));
    expect(await secondsLeft(gate)).toBe(300);
  });

  it('heeds no Retry-After from before an answer', async () => {
    const gate = gateUnderTest();
    await gate.answered(failure('unavailable', 'http_429', 200), success, ...five(outage));
    expect(await secondsLeft(gate)).toBe(5);
  });

  it('is told as what is left of it, at least one second', async () => {
    const gate = gateUnderTest({ fraction: 1 });
    await gate.answered(...five(outage));
    await gate.advance(3.5);
    expect(await secondsLeft(gate)).toBe(7);
    await gate.advance(6.4);
    expect(await secondsLeft(gate)).toBe(1);
    await gate.advance(0.1);
    await gate.comes();
    expect(await secondsLeft(gate)).toBe(1);
  });

  it('is told to the timer with a spread: as long again, at least a minute', async () => {
    const told = async (fraction: number, ...opening: readonly RefreshResult[]) => {
      const gate = gateUnderTest({ fraction });
      await gate.answered(...opening);
      const { result } = await gate.comes('sweep');
      return result && !(result instanceof Error) && !result.ok && result.failure.retryAfterSeconds;
    };
    const long = five(failure('unavailable', 'http_429', 200));
    expect([await told(0, ...long), await told(0.5, ...long), await told(0.999, ...long)]).toEqual([200, 300, 399]);
    expect([await told(0, ...five(outage)), await told(0.5, ...five(outage))]).toEqual([5, 8 + 30]);
  });
});

describe('a probe', () => {
  it('goes alone, and closes the circuit by whatever definite answer', async () => {
    for (const answer of [success, failure('refused', 'invalid_grant'), failure('unavailable', 'invalid_client')]) {
      const gate = gateUnderTest();
      await gate.answered(...five(outage));
      await gate.advance(5);
      const probe = await gate.comes('sweep');
      const other = await gate.comes();
      expect([probe.hasBegun, other.hasBegun]).toEqual([true, false]);
      expect(other.result).toEqual(open(1));
      await probe.answer(answer);
      const [one, another] = [await gate.comes(), await gate.comes()];
      expect([one.hasBegun, another.hasBegun]).toEqual([true, true]);
    }
  });

  it('finds a place even where calls from before hold all others', async () => {
    const gate = gateUnderTest({ atOnce: 2 });
    const hanging = await gate.comes();
    await gate.answered(...five(outage));
    await gate.advance(5);
    expect([hanging.result, (await gate.comes()).hasBegun]).toEqual([undefined, true]);
  });
});

it('calls from before it opened or closed have no say in what the circuit does next', async () => {
  const gate = gateUnderTest();
  const late = [];
  for (let count = 0; count < 12; count++) late.push(await gate.comes());
  await gate.answered(...five(outage));
  await late[0]?.answer(success);
  await late[1]?.answer(failure('unavailable', 'http_429', 200));
  expect(await secondsLeft(gate)).toBe(5);

  await gate.advance(5);
  const probe = await gate.comes();
  await late[2]?.answer(success);
  expect(await isOpen(gate)).toBe(true);
  await probe.answer(success);
  await late[3]?.answer(success);
  for (const one of late.slice(4)) await one.answer(outage);
  expect(await isOpen(gate)).toBe(false);
});

it('says in the log when the circuit opens and closes, for how long and why', async () => {
  const gate = gateUnderTest({ fraction: 0.35 });
  await gate.answered(...five(outage));
  await gate.advance(6.75);
  await gate.answered(failure('unavailable', 'http_429', 77));
  await gate.advance(77);
  await gate.answered(success);
  expect(gate.logged).toEqual([
    ['provider_circuit_opened', { provider: 'demo', seconds: 7, reason: 'http_503' }],
    ['provider_circuit_opened', { provider: 'demo', seconds: 77, reason: 'http_429' }],
    ['provider_circuit_closed', { provider: 'demo' }],
  ]);
});

describe('a place', () => {
  it('is given to clients before the timer, and among them to who came first', async () => {
    const gate = gateUnderTest({ atOnce: 1 });
    const running = await gate.comes();
    const causes = ['sweep', 'read', 'sweep', 'request', 'read'] as const;
    const waiting: Visitor[] = [];
    for (const cause of causes) waiting.push(await gate.comes(cause));
    const order: number[] = [];
    await running.answer(success);
    for (const _ of causes) {
      const next = waiting.findIndex(({ hasBegun, result }) => hasBegun && !result);
      order.push(next);
      await waiting[next]?.answer(success);
    }
    expect(order).toEqual([1, 3, 4, 0, 2]);
  });

  it('is waited for 8 seconds', async () => {
    const gate = gateUnderTest({ atOnce: 1 });
    const running = await gate.comes();
    const waiting = await gate.comes('read');
    await gate.advance(7.999);
    expect(waiting.result).toBeUndefined();
    await gate.advance(0.001);
    expect(waiting).toMatchObject({ hasBegun: false, result: busy });
    expect(waiting.result).toMatchObject({ failure: { retryAfterSeconds: 8 } });

    // Who has given up is given no place: the next one gets it.
    const next = await gate.comes();
    await running.answer(success);
    expect([waiting.hasBegun, next.hasBegun]).toEqual([false, true]);
  });

  it('that the timer does not get is asked for again with a spread', async () => {
    const gate = gateUnderTest({ atOnce: 1, fraction: 0.5 });
    await gate.comes();
    const waiting = await gate.comes('sweep');
    await gate.advance(8);
    expect(waiting.result).toMatchObject({ failure: { reason: 'provider_busy', retryAfterSeconds: 8 + 30 } });
  });

  it('is not waited for on once the circuit opens', async () => {
    const gate = gateUnderTest({ atOnce: 1 });
    await gate.answered(...five(outage).slice(1));
    const fifth = await gate.comes();
    const waiting = [await gate.comes('sweep'), await gate.comes('request'), await gate.comes('read')];
    await fifth.answer(outage);
    expect(waiting.map(({ hasBegun }) => hasBegun)).toEqual([false, false, false]);
    expect(waiting.map(({ result }) => result)).toEqual([open(5), open(5), open(5)]);
    expect(gate.sleepers.size).toBe(0);
  });

  it('is one of its provider: others have their own', async () => {
    const gate = gateUnderTest({ atOnce: 1 });
    await gate.comes('request', 'one');
    expect((await gate.comes('request', 'other')).hasBegun).toBe(true);
  });
});

describe('whoever comes, whatever the provider answers, however time passes', () => {
  const step = (answers: readonly (RefreshResult | Error)[]) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ comes: fc.constantFrom<RefreshCause>('sweep', 'request', 'read') }) },
      { weight: 5, arbitrary: fc.record({ answer: fc.constantFrom(...answers), which: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ advance: fc.constantFrom(0.5, 3, 5, 8, 20) }) },
    );
  /** With a provider that is well, or one that is out most of the time. */
  const steps = fc
    .constantFrom([success, new Error('ours')], [...five(outage), ...five(outage), success, new Error('ours')])
    .chain((answers) => fc.array(step(answers), { minLength: 20, maxLength: 80, size: 'max' }));
  type Steps = typeof steps extends fc.Arbitrary<infer Some> ? Some : never;

  const isRunning = ({ hasBegun, result }: Visitor) => hasBegun && !result;
  const isWaiting = ({ hasBegun, result }: Visitor) => !hasBegun && !result;

  /** Takes the steps, looks after each of them, and gives the gate with all who came. */
  async function played(atOnce: number, taken: Steps, look: (gate: Gate, all: readonly Visitor[]) => void) {
    const gate = gateUnderTest({ atOnce });
    const all: Visitor[] = [];
    for (const one of taken) {
      const running = all.filter(isRunning);
      if ('comes' in one) all.push(await gate.comes(one.comes));
      else if ('advance' in one) await gate.advance(one.advance);
      else await running[one.which % running.length]?.answer(one.answer);
      look(gate, all);
    }
    return { gate, all };
  }

  const always = (look: (atOnce: number) => Parameters<typeof played>[2]) =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (atOnce, taken) => {
        await played(atOnce, taken, look(atOnce));
      }),
    );

  it('no more ask at a time than may, and nobody waits while a place is free', () =>
    always((atOnce) => (_, all) => {
      const running = all.filter(isRunning).length;
      expect(running).toBeLessThanOrEqual(atOnce);
      if (all.some(isWaiting)) expect(running).toBe(atOnce);
    }));

  it('clients begin before the timer, and before who came after them', () =>
    always(() => {
      let waited: readonly Visitor[] = [];
      return (_, all) => {
        const isTimer = ({ cause }: Visitor) => cause === 'sweep';
        const isBefore = (one: Visitor, other: Visitor) =>
          isTimer(one) === isTimer(other) ? all.indexOf(one) < all.indexOf(other) : isTimer(other);
        const leftOut = waited.filter(isWaiting);
        for (const begun of waited.filter(({ hasBegun }) => hasBegun)) {
          expect(leftOut.filter((one) => isBefore(one, begun))).toEqual([]);
        }
        waited = all.filter(isWaiting);
      };
    }));

  it('a probe is alone, and nobody waits while the circuit is open', () =>
    always(() => ({ logged }, all) => {
      if (logged.at(-1)?.[0] !== 'provider_circuit_opened') return;
      expect(all.filter((one) => isRunning(one) && one.turns === logged.length).length).toBeLessThanOrEqual(1);
      expect(all.filter(isWaiting)).toEqual([]);
    }));

  it('nobody waits for longer than 8 seconds, and in the end all is as at the beginning', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (atOnce, taken) => {
        const { gate, all } = await played(atOnce, taken, ({ now }, visitors) => {
          expect(visitors.filter((one) => isWaiting(one) && now() - one.came >= 8000)).toEqual([]);
        });
        for (let next = all.find(isRunning); next; next = all.find(isRunning)) await next.answer(success);
        expect(all.filter(({ result }) => !result)).toEqual([]);
        expect(gate.sleepers.size).toBe(0);

        await gate.advance(300);
        await gate.answered(success);
        const next = [];
        for (let count = 0; count < atOnce + 1; count++) next.push(await gate.comes());
        expect(next.map(({ hasBegun }) => hasBegun)).toEqual([...next.slice(1).map(() => true), false]);
      }),
    ));
});

it('the page says how many outages open the circuit, for how long, and how long a place is waited for', async () => {
  const page = readFileSync(new URL('../../docs/reference/refresh.md', import.meta.url), 'utf8').replaceAll('\n', ' ');
  const number = (text: RegExp) => Number(text.exec(page)?.[1]);
  const gate = gateUnderTest({ fraction: 1, atOnce: 1 });
  const outages = number(/After (\d+) outages in a row nobody is asked/);
  await gate.answered(...five(outage).slice(0, outages));
  expect(await secondsLeft(gate)).toBe(number(/outages in a row nobody is asked +for (\d+) s,/));
  await gate.advance(3600);
  await gate.answered(failure('unavailable', 'http_429', 3600));
  expect(await secondsLeft(gate)).toBe(number(/twice as long as before, at most (\d+) min/) * 60);
  await gate.advance(3600);
  await gate.comes('request', 'busy');
  const waiting = await gate.comes('request', 'busy');
  await gate.advance(number(/After (\d+) s without a place/));
  expect(waiting.result).toMatchObject(busy);
});
