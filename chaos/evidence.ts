import type { Logged } from './host-log.ts';
import type { Exchange, Life } from './journal.ts';
import type { Judged } from './judgement.ts';
import { brokenPromises } from './verdict.ts';

/** The newest things that happened to a session, of which so many are printed. */
const lines = 30;
const sessions = 20;

/** Prints all that is known of the sessions with which something is wrong. */
export function printEvidence(judged: readonly Judged[], logged: readonly Logged[]): void {
  const wrong = judged.filter((one) => brokenPromises.includes(one.fate) || one.duplicates > 0 || one.isUnmarked);
  for (const one of wrong.slice(0, sessions)) {
    printSession(
      one,
      logged.filter(({ session }) => session === one.client.id),
    );
  }
  if (wrong.length > sessions) console.log(`\n  and ${wrong.length - sessions} more`);
}

/** Never a token: each is named by its place in the chain. */
function printSession({ client, facts, fate, duplicates, isUnmarked }: Judged, logged: readonly Logged[]): void {
  const { stored, chain, writes } = facts;
  const remarks = [...(duplicates > 0 ? [`${duplicates} duplicate grants`] : []), ...(isUnmarked ? ['no marker'] : [])];
  console.log(`\n  ${client.id}: ${[fate, ...remarks].join(', ')}`);
  if (typeof stored === 'object') {
    const place = stored.link ? `token ${chain.indexOf(stored.link) + 1} of ${chain.length}` : 'a foreign token';
    console.log(`    stored: ${place}${stored.isGood ? '' : ', no good any more'}${stored.isDead ? ', dead' : ''}`);
  }
  const happened = [
    ...chain.flatMap(({ exchanges }, index) => exchanges.map((exchange) => presented(index + 1, exchange))),
    ...writes.map(({ at, life, place }) => ({ at, text: `written to the ${place} by ${lifeOf(life)}` })),
    ...logged.map(({ at, host, event, reason, error }) => ({
      at,
      text: ['logged by', host, event, reason, error].filter(Boolean).join(' '),
    })),
  ];
  for (const { at, text } of happened.toSorted((one, other) => one.at - other.at).slice(-lines)) {
    console.log(`    ${time(at)} ${text}`);
  }
}

function presented(number: number, { at, answeredAt, status, delivered, life }: Exchange) {
  const answer = answeredAt === undefined ? 'no answer' : `${status} at ${time(answeredAt)}`;
  return { at, text: `token ${number} by ${lifeOf(life)}: ${answer}${delivered ? '' : ', not delivered'}` };
}

function lifeOf({ host, number, killedAt }: Life): string {
  return `host ${host + 1} life ${number}${killedAt === undefined ? '' : ` (killed ${time(killedAt)})`}`;
}

/** UTC, as `hh:mm:ss.sss`. */
function time(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
