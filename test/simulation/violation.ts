/** What must never happen. */
export type Invariant =
  /** A refresh token was spent twice by us although the first outcome was known. */
  | 'spent-twice'
  /** A stored refresh token was overwritten by an older one. */
  | 'overwritten'
  /** After recovery the stored refresh token is not the newest, or no longer good, or the entry is dead. */
  | 'tokens-lost'
  /** A live session has no marker where it says it has. */
  | 'no-marker'
  /** A session that was signed out is there, or an account that was disconnected. */
  | 'came-back'
  /** A session is gone that nobody has ended. */
  | 'session-lost'
  /** Two live sessions hold tokens of one sign-in at the provider. */
  | 'in-two-sessions'
  /** What an amendment wrote is not there. */
  | 'undone'
  /** A session's names of connected accounts are not those of its entries. */
  | 'names-differ'
  /** Something that was due has not happened, or a caller waits for ever. */
  | 'left-undone'
  /** Somebody was turned away although nothing has gone wrong. */
  | 'turned-away'
  /** Somebody was told that the refresh token is good for nothing, which it is not. */
  | 'wrongly-refused'
  /** A provider that is out is asked again without a pause. */
  | 'no-backoff'
  /** An error that no caller expects. */
  | 'unexpected-error';

export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: Invariant;

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

export function violation(invariant: Invariant, detail: string): never {
  throw new Violation(invariant, detail);
}
