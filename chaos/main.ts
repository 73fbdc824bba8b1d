import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bundle } from '../dev/build.ts';
import { awaitingRecovery, overdue } from './backlog.ts';
import { printEvidence } from './evidence.ts';
import { readHostLogs } from './host-log.ts';
import { type Judged, judge } from './judgement.ts';
import { startLoad } from './load.ts';
import { type Options, readOptions } from './options.ts';
import { describe, leadIn, plan } from './plan.ts';
import { drawFrom } from './random.ts';
import { Recoveries } from './recoveries.ts';
import { printEvents, printFates, printRecoveries, printTally, Tally } from './report.ts';
import { type Client, seed } from './seeding.ts';
import { openSite, type Site } from './site.ts';
import { cause } from './troubles.ts';
import { brokenPromises, inevitable } from './verdict.ts';

/** How often the backlog is looked at, in milliseconds. */
const lookEvery = 1_000;
/**
 * How long the app is given to come to rest behind the last trouble, in milliseconds. What a killed host had taken from a
 * queue comes back after ten minutes, for which the short form does not wait: it tells what is overdue, and the long form
 * fails for it.
 */
const longestSettling = { short: 90_000, long: 720_000 };

/**
 * `npm run chaos`: many sessions with short tokens on several hosts, while hosts are killed and storage, vault and
 * provider fail in all ways. Ends with 1 where a refresh token was lost or a user signed out, other than by a loss that
 * no client of such a provider can prevent.
 */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const { seconds, sessions, hosts } = options;
  console.log(`Seed ${options.seed}: ${sessions} sessions on ${hosts} hosts, ${seconds} s of faults`);
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-chaos-'));
  await bundle();
  // As short as two cores can refresh them.
  const accessTokenSeconds = seconds < 300 ? 60 : 600;
  const { fraction } = drawFrom(options.seed + 1);
  const site = await openSite({ directory, hosts, accessTokenSeconds, fraction });
  let isKept = false;
  try {
    await Promise.all(site.hosts.map((host) => host.start()));
    const from = Date.now();
    const clients = await seed(site, sessions, accessTokenSeconds);
    console.log(`${clients.length} clients signed in within ${Math.round((Date.now() - from) / 1000)} s`);
    isKept = await run(site, clients, options);
  } finally {
    await site.close();
    if (isKept) rmSync(directory, { recursive: true, force: true });
    else console.log(`What the hosts have logged is in ${directory}`);
  }
  return isKept ? 0 : 1;
}

/** Gives whether the promise was kept. */
async function run(site: Site, clients: readonly Client[], { seconds, seed, hosts }: Options): Promise<boolean> {
  const origins = site.hosts.map(({ origin }) => origin);
  const recoveries = new Recoveries(origins);
  const tally = new Tally();
  const draw = drawFrom(seed + 2);

  await pause(untilNextMinute() - leadIn * 1000);
  const from = Date.now();
  const load = startLoad({
    clients,
    origins,
    draw,
    rate: Math.min(clients.length / 15, 60),
    refreshes: 0.15,
    signOuts: Math.ceil(clients.length / 20),
    seconds,
    observe(answered) {
      tally.add(answered);
      recoveries.answered(answered);
    },
  });
  const looking = watch(site, clients, recoveries);
  await cause(site, plan(seed, seconds, hosts), (phase, state) => {
    console.log(`${((Date.now() - from) / 1000).toFixed(1).padStart(7)} s  ${describe(phase.trouble)} ${state}`);
    if (state === 'ended') recoveries.ended(phase);
  });
  await load.stop();
  const isShort = seconds < 300;
  const settling = await settled(site, clients, isShort ? longestSettling.short : longestSettling.long);
  await looking.stop();
  if (settling.waiting === 0) recoveries.caughtUp(Date.now());
  console.log(
    `\nAt rest after ${Math.round(settling.milliseconds / 1000)} s: ${settling.waiting} visits overdue, ${settling.rescued} sessions in the recovery queue`,
  );

  await Promise.all(site.hosts.map((host) => host.close()));
  const judged = await judge(site, clients);
  printTally(tally);
  printRecoveries(recoveries);
  const logged = readHostLogs(site.directory);
  printEvents(logged);
  printFates(judged);
  printEvidence(judged, logged);
  const { refreshGrants, refreshRefused } = site.services.provider.counters;
  const count = (is: (one: Judged) => boolean) => judged.filter(is).length;
  const broken = count(({ fate }) => brokenPromises.includes(fate));
  const unmarked = count(({ isUnmarked }) => isUnmarked);
  const duplicates = judged.reduce((sum, one) => sum + one.duplicates, 0);
  console.log(`
Seed ${seed}: ${refreshGrants} refreshes, ${refreshRefused} refused by the provider
  ${broken} tokens lost or users signed out, ${tally.turnedAway.length} requests of signed-in users answered 401
  ${duplicates} duplicate grants, ${unmarked} sessions without a marker, ${settling.waiting} visits overdue
  apart from that ${count(({ fate }) => inevitable.includes(fate))} lost between the provider's rotation and the write`);
  const late = isShort ? 0 : settling.waiting;
  return broken + tally.turnedAway.length + duplicates + unmarked + late === 0;
}

/** Milliseconds until a minute begins that is at least the lead-in away. */
function untilNextMinute(): number {
  const left = 60_000 - (Date.now() % 60_000);
  return left < leadIn * 1000 ? left + 60_000 : left;
}

/** Looks for overdue visits again and again, to tell when the app has caught up after a trouble. */
function watch(site: Site, clients: readonly Client[], recoveries: Recoveries): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const at = Date.now();
      const waiting = await overdue(site, clients, 0).catch(() => undefined);
      if (waiting === 0) recoveries.caughtUp(at);
      await pause(lookEvery, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Waits for the next sweep, and until nothing is overdue. */
async function settled(site: Site, clients: readonly Client[], longest: number) {
  const from = Date.now();
  await pause(untilNextMinute());
  while (true) {
    const rescued = await awaitingRecovery(site);
    const waiting = await overdue(site, clients, rescued);
    const milliseconds = Date.now() - from;
    if (waiting + rescued === 0 || milliseconds > longest) return { milliseconds, waiting, rescued };
    await pause(lookEvery);
  }
}

process.once('SIGINT', () => process.exit(130));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
