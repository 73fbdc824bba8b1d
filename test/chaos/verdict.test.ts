import { describe, expect, it } from 'vitest';
import type { Exchange, Life, Link, Write } from '../../chaos/journal.ts';
import { type Facts, type Stored, verdict } from '../../chaos/verdict.ts';

const living: Life = { host: 0, number: 1 };
const other: Life = { host: 1, number: 1 };

/** The provider takes the token at 1000 and its answer reaches the host. */
const rotation: Exchange = { at: 1000, answeredAt: 1010, status: 200, delivered: true, life: living };
const written: Write = { at: 1020, life: living, place: 'container' };

const link = (...exchanges: Exchange[]): Link => ({ exchanges });
const spent = link(rotation);
const newest = link();

const good: Stored = { link: newest, isGood: true, isDead: false, hasMarker: true };
const whole: Facts = { client: 'signed-in', stored: good, chain: [spent, newest], writes: [written] };
/** The container still holds the spent token. */
const behind: Stored = { ...good, link: spent, isGood: false };

const judged = (changes: Partial<Facts>) => verdict({ ...whole, ...changes });

it('a session that holds the newest refresh token is kept', () => {
  expect(judged({})).toEqual({ fate: 'kept', duplicates: 0, isUnmarked: false });
});

describe('a refresh token is lost', () => {
  it('where an older one is stored, though the new one reached a host that lives', () => {
    expect(judged({ stored: { ...behind, isGood: true }, writes: [] })).toMatchObject({ fate: 'lost' });
  });

  it('where an older one is stored, though a host had written the new one before it was killed', () => {
    const killed = { ...living, killedAt: 1030 };
    const chain = [link({ ...rotation, life: killed }), newest];
    const writes = [{ ...written, life: killed }];
    expect(judged({ chain, writes, stored: { ...behind, link: chain[0] } })).toMatchObject({ fate: 'lost' });
  });

  it('where the newest one is stored and marked dead', () => {
    expect(judged({ stored: { ...good, isDead: true } })).toMatchObject({ fate: 'lost' });
  });

  it('where the newest one is stored and the provider has revoked it', () => {
    expect(judged({ stored: { ...good, isGood: false } })).toMatchObject({ fate: 'lost' });
  });

  it('where what is stored is no token of this session', () => {
    expect(judged({ stored: { ...good, link: undefined, isGood: false } })).toMatchObject({ fate: 'lost' });
  });

  it('where the recovery queue had the new one, but the old one was tried and marked dead', () => {
    const writes = [{ ...written, place: 'recovery queue' } as const];
    expect(judged({ stored: { ...behind, isDead: true }, writes })).toMatchObject({ fate: 'lost' });
  });
});

describe('a loss that nobody can prevent is counted apart', () => {
  it('the answer of the provider was lost on the way', () => {
    const chain = [link({ ...rotation, delivered: false }), newest];
    expect(judged({ chain, stored: { ...behind, link: chain[0] } })).toMatchObject({ fate: 'lost-with-answer' });
  });

  it('the answer came when the host had given up waiting', () => {
    const chain = [link({ ...rotation, answeredAt: 5_900 }), newest];
    expect(judged({ chain, stored: { ...behind, link: chain[0] } })).toMatchObject({ fate: 'lost-with-answer' });
  });

  it('the host was killed before it wrote, whatever others have written', () => {
    const chain = [link({ ...rotation, life: { ...living, killedAt: 1015 } }), newest];
    const writes = [{ ...written, life: other }];
    const stored = { ...behind, link: chain[0], isDead: true };
    expect(judged({ chain, stored, writes })).toMatchObject({ fate: 'lost-with-host', duplicates: 0 });
  });

  it('but not long before: it had the time to write', () => {
    const chain = [link({ ...rotation, life: { ...living, killedAt: 90_000 } }), newest];
    expect(judged({ chain, stored: { ...behind, link: chain[0] }, writes: [] })).toMatchObject({ fate: 'lost' });
  });

  it('but a host that lives must write what it got', () => {
    const chain = [link(rotation), newest];
    expect(judged({ chain, stored: { ...behind, link: chain[0] }, writes: [] })).toMatchObject({ fate: 'lost' });
  });
});

it('a session whose new token waits in the recovery queue is not lost yet', () => {
  const writes = [{ ...written, place: 'recovery queue' } as const];
  expect(judged({ stored: behind, writes })).toMatchObject({ fate: 'awaiting-recovery' });
});

describe('a session that is gone', () => {
  it('has vanished where its client had not signed out', () => {
    expect(judged({ stored: 'absent' })).toMatchObject({ fate: 'vanished' });
  });

  it('is as it should be where its client had signed out, or had begun to', () => {
    expect(judged({ stored: 'absent', client: 'signed-out' })).toMatchObject({ fate: 'signed-out' });
    expect(judged({ stored: 'absent', client: 'leaving' })).toMatchObject({ fate: 'signed-out' });
  });
});

it('a session that is there after its client has signed out has come back', () => {
  expect(judged({ client: 'signed-out' })).toMatchObject({ fate: 'returned' });
});

it('a session whose seal does not open is told apart', () => {
  expect(judged({ stored: 'unreadable' })).toMatchObject({ fate: 'unreadable' });
});

it('a live session without its marker is found', () => {
  expect(judged({ stored: { ...good, hasMarker: false } })).toMatchObject({ fate: 'kept', isUnmarked: true });
});

describe('a refresh token that is presented again is a duplicate grant', () => {
  const again: Exchange = { at: 9000, answeredAt: 9010, status: 400, delivered: true, life: other };

  it('where its successor had reached a host that lived on', () => {
    expect(judged({ chain: [link(rotation, again), newest] })).toMatchObject({ duplicates: 1 });
  });

  it('not where its successor never arrived, for then it is all there is to try', () => {
    const chain = [link({ ...rotation, delivered: false }, again), newest];
    expect(judged({ chain })).toMatchObject({ duplicates: 0 });
  });

  it('not where the first try never reached the provider', () => {
    const unanswered: Exchange = { at: 500, delivered: false, life: other };
    expect(judged({ chain: [link(unanswered, rotation), newest] })).toMatchObject({ fate: 'kept', duplicates: 0 });
  });
});
