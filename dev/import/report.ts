/** What became of a file. */
export type Outcome =
  | {
      readonly status: 'imported';
      /** Whether an older state of the file had been imported before. */
      readonly again: boolean;
      /** What clients know the user by from now on. */
      readonly sid: string;
      readonly providers: readonly string[];
      /** Providers whose entries were left out: auth.json has none of that name, or its claims say not whose it is. */
      readonly without: readonly string[];
    }
  | { readonly status: 'already' }
  | { readonly status: 'left'; readonly reason: Reason };

export type Reason = keyof typeof reasons;

/** Why a file was not imported, and whether that is a fault, or as it should be. */
const reasons = {
  'other-file': { isFault: false, text: 'not a .json file' },
  'too-large': { isFault: true, text: 'larger than any file of a token store (1 MiB)' },
  'not-json': { isFault: true, text: 'not JSON' },
  'not-a-token-file': { isFault: true, text: 'JSON, and not in the format of the token store' },
  'wrong-key': { isFault: true, text: 'encrypted under another key' },
  changed: { isFault: true, text: 'damaged: it was changed or cut short after it was encrypted' },
  'unknown-provider': { isFault: true, text: 'auth.json has none of its providers' },
  'no-identity': { isFault: true, text: 'its claims do not say whose it is' },
  busy: { isFault: true, text: 'its session is being refreshed just now; run the import again' },
  expired: { isFault: false, text: 'its tokens expired longer ago than a session lives' },
  'newer-session': { isFault: false, text: 'the user has signed in here already' },
  'newer-tokens': { isFault: false, text: 'it has changed since it was imported, and the tokens here are newer' },
  ended: { isFault: false, text: 'it has changed since it was imported, and the session has ended' },
} as const;

/** Counts what became of the files, and says it: a line a file, and one for all. No line holds a token or a name. */
export interface Report {
  add(file: string, outcome: Outcome): void;
  summary(): string;
  /** 0: every file is imported or need not be. 2: some could not be. */
  exitCode(): 0 | 2;
}

export function createReport(write: (line: string) => void): Report {
  const count = { imported: 0, already: 0, left: 0, faults: 0, wrongKey: 0 };
  return {
    add(file, outcome) {
      count[outcome.status]++;
      if (outcome.status === 'left' && reasons[outcome.reason].isFault) count.faults++;
      if (outcome.status === 'left' && outcome.reason === 'wrong-key') count.wrongKey++;
      write(`${file.replace(/[^ -~]/g, '?')}: ${sentence(outcome)}`);
    },

    summary() {
      const { imported, already, left, faults } = count;
      const files = imported + already + left;
      if (files === 0) return 'There are no files of a token store.';
      const counts = `${imported} imported, ${already} imported before, ${left} left, ${faults} of them for a fault.`;
      const isWrongKey = count.wrongKey > 0 && imported + already === 0;
      return `${files} ${files === 1 ? 'file' : 'files'}: ${counts}${isWrongKey ? ' Check the key: it opened none.' : ''}`;
    },

    exitCode: () => (count.faults > 0 || count.imported + count.already + count.left === 0 ? 2 : 0),
  };
}

function sentence(outcome: Outcome): string {
  switch (outcome.status) {
    case 'already':
      return 'imported before';
    case 'left':
      return `left: ${reasons[outcome.reason].text}`;
    case 'imported': {
      const { again, providers, sid, without } = outcome;
      const rest = without.length === 0 ? '' : `, without ${without.map(printable).join(', ')}`;
      return `imported${again ? ' again' : ''} as ${sid} (${providers.join(', ')}${rest})`;
    }
  }
}

/** A provider name in a store file is whatever stands there. */
function printable(name: string): string {
  return name.replace(/[^\w-]/g, '?').slice(0, 32);
}
