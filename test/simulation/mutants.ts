import type { Invariant } from './violation.ts';

/** The app with one of its safeguards taken away: what the simulation must find. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The invariants of which one must be broken. */
  readonly caughtBy: readonly Invariant[];
  /** The first seed: one from which it is found soon. */
  readonly seed: number;
}

interface Edit {
  /** Below the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

const attempt = 'shared/refresh/attempt.ts';
const commit = 'shared/refresh/commit.ts';
const failure = 'shared/refresh/failure.ts';
const recovery = 'shared/refresh/recovery.ts';
const lease = 'shared/token-store/lease.ts';
const retrying = 'shared/token-store/retrying-container.ts';
const amend = 'shared/sessions/amend.ts';
const connections = 'shared/sessions/connections.ts';
const moved = 'shared/sessions/moved-session.ts';
const sessions = 'shared/token-store/session-store.ts';

const edit = (file: string, find: string, replace = '') => ({ file, find, replace });
const mutant = (name: string, caughtBy: readonly Invariant[], ...edits: Edit[]): Mutant => ({
  name,
  caughtBy,
  edits,
  seed: seeds[name] ?? 1,
});

/** Where to begin with those that are found seldom. */
const seeds: Readonly<Record<string, number>> = {
  'a write whatever is there': 790,
  'a write whose answer was lost not known again': 200,
  'no rescue': 440,
  'no tries after the rescue': 1_170,
  'a recovery given up where somebody else was writing': 6_340,
  'the recovery queue not asked': 700,
  'an open try not left alone': 215,
  'a try not written down': 360,
  'asked after standing still': 14_000,
  'a sign-out that waits for the lease': 3_380,
  'back to the minute it was moved from': 19_000,
  'a session moved without its lease, and nobody follows': 930,
  'an amendment without the lease': 560,
  'the name of a refused account left': 285,
  'an account connected whose name was taken back': 1_850,
  'tokens not brought to where their account has gone': 12_950,
  'a recovery of what was disconnected': 790,
  'an open try after the other accounts': 1_320,
};

/** Tokens that were dropped are missing in the end, unless the ones before them are spent again until then. */
const dropped = ['tokens-lost', 'spent-twice'] as const;

const notFollowed = edit(recovery, 'if (own || provider === session.provider) return own;', 'return own;');

const replacing = 'container.replace(blobName.session(session.id), sealed, condition)';

export const mutants: readonly Mutant[] = [
  mutant(
    'a lease of a second',
    ['turned-away'],
    edit(lease, 'acquireLease(name, leaseId, leaseSeconds)', 'acquireLease(name, leaseId, 1)'),
  ),
  mutant(
    'a lease that nobody honours',
    ['turned-away'],
    edit(
      lease,
      "if (leasing.status !== 'acquired') return leasing;",
      "if (leasing.status !== 'acquired') return leasing; await container.releaseLease(name, leaseId);",
    ),
    edit(sessions, replacing, replacing.replace('condition', '{ etag: condition.etag }')),
  ),
  mutant(
    'no re-read under the lease',
    ['overwritten', 'came-back'],
    edit(
      sessions,
      'if (before?.etag !== etag) return read(id);',
      'if (!before) return read(id); if (before.etag !== etag) return { ...before, etag };',
    ),
  ),
  mutant(
    'a write whatever is there',
    ['overwritten', 'no-marker', 'came-back'],
    edit(sessions, replacing, replacing.replace('condition', "{ ...condition, etag: '*' }")),
  ),
  mutant(
    'the marker after the session',
    ['no-marker'],
    edit(sessions, 'if (moved) await agenda.file({ minute: session.visitAt, id: session.id });'),
    edit(
      sessions,
      'if (etag && moved) await',
      'if (etag && moved) await agenda.file({ minute: session.visitAt, id: session.id }); if (etag && moved) await',
    ),
  ),
  mutant(
    'the old marker away before the session',
    ['no-marker'],
    edit(
      sessions,
      `const etag = await ${replacing}`,
      `if (moved) await agenda.clear({ minute: old.visitAt, id: old.id }); const etag = await ${replacing}`,
    ),
  ),
  mutant(
    'a write whose answer was lost not known again',
    ['turned-away'],
    edit(retrying, "now.status === 'found' && now.body === body ? now.etag : undefined", 'result'),
  ),
  mutant('tokens dropped at the first fault', dropped, edit(commit, 'error = trouble;', 'throw trouble;')),
  mutant('no rescue', dropped, edit(commit, 'await rescue(parts, tokens, written.error);', 'true;')),
  mutant(
    'no tries after the rescue',
    dropped,
    edit(commit, 'const trying = tryOn(from + longestKept, parts, tokens);', 'const trying = Promise.resolve();'),
  ),
  mutant('recovery of what is no successor', ['overwritten'], edit(recovery, '|| !isSuccessor(entry, stored)')),
  mutant(
    'a recovery given up where somebody else was writing',
    dropped,
    edit(
      recovery,
      "throw new TokenkeepError('container_unreachable', { detail: 'the session is being written' });",
      'return;',
    ),
  ),
  mutant(
    'the recovery queue not asked',
    ['spent-twice'],
    edit(recovery, 'recovery.isWaiting().catch(() => true)', 'false'),
  ),
  mutant(
    'an open try not left alone',
    ['spent-twice'],
    edit(recovery, 'if (age < longestTry && now - attemptedAt < longestYouth) return true;'),
  ),
  mutant(
    'a try not written down',
    ['spent-twice'],
    edit(attempt, 'base = await writtenDown();', 'base = { ...stored };'),
  ),
  mutant('asked after standing still', ['spent-twice'], edit(attempt, ' || !lease.lasts(longestCall)')),
  mutant('a sign-out that waits for the lease', ['turned-away'], edit(sessions, 'await container.breakLease(place);')),
  mutant(
    'a write that makes what is gone',
    ['came-back'],
    edit(
      sessions,
      `await ${replacing};`,
      `(await ${replacing}) ?? (await container.create(blobName.session(session.id), sealed));`,
    ),
  ),
  mutant(
    'what was read before shown without asking',
    ['came-back', 'no-marker', 'left-undone'],
    edit(
      sessions,
      'const blob = await container.read(place, before?.etag);',
      'if (before) return before; const blob = await container.read(place, undefined);',
    ),
  ),
  mutant(
    'young markers cleared',
    ['no-marker'],
    edit('shared/refresh/visit.ts', 'const settling = 15 * 60 * 1000;', 'const settling = 0;'),
  ),
  mutant(
    'no later visit after a failure',
    ['no-backoff'],
    edit(failure, 'const filed = filedAnew(session, now, parts.refreshExtension);', 'const filed = session;'),
  ),
  mutant(
    'back to the minute it was moved from',
    ['no-marker'],
    edit('shared/refresh/schedule.ts', 'minute === session.movedFrom && minute !== session.visitAt', 'false'),
    // It takes a call that is late, which is made common.
    edit('test/simulation/weather.ts', 'faults.fails + slow + faults.late', 'faults.fails + slow + 0.08'),
  ),
  mutant(
    'an amendment without the lease',
    ['overwritten', 'undone', 'came-back'],
    edit(
      amend,
      'const stored = await store.current(id, etag);',
      'await container.releaseLease(blobName.session(id), leaseId); const stored = await store.current(id, etag);',
    ),
    edit(amend, '{ etag: stored.etag, leaseId }', "{ etag: '*' as typeof etag }"),
  ),
  mutant(
    'an account connected whose name was taken back',
    ['names-differ', 'tokens-lost'],
    edit(connections, 'if (name !== session.provider && !session.connected?.includes(account)) throw changed();'),
  ),
  mutant(
    'the name of a refused account left',
    ['names-differ'],
    edit(connections, 'await unreserve(id, name, entry, parts);'),
  ),
  mutant(
    'accounts moved before the old session ends',
    ['in-two-sessions'],
    edit(
      moved,
      '({ ...next, ...copied })',
      '({ ...next, ...copied, entries: { ...session.entries, ...next.entries } })',
    ),
  ),
  mutant(
    'a session moved without its lease, and nobody follows',
    dropped,
    edit(moved, 'await amend(old.id, end);', 'await end(old);'),
    notFollowed,
  ),
  mutant('tokens not brought to where their account has gone', dropped, notFollowed),
  mutant(
    'a recovery of what was disconnected',
    ['came-back'],
    edit(recovery, '!stored || !isSuccessor(entry, stored)', '(stored && !isSuccessor(entry, stored))'),
    edit(recovery, 'const { targets } = stored;', 'const { targets } = stored ?? {};'),
  ),
  mutant(
    'an open try after the other accounts',
    ['left-undone'],
    edit('shared/refresh/visit.ts', '.sort(([, one], [, other]) => isOpen(other) - isOpen(one))'),
  ),
];
