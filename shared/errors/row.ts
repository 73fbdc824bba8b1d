/** One row of the error table. `remedy` is the sentence that tells the reader what to do. */
export interface ErrorRow {
  /** HTTP status code of the answer when this error reaches a client. */
  readonly status: number;
  /** What happened, in a few words; the `title` of the problem document (RFC 9457). */
  readonly title: string;
  /** What to do about it, in a sentence. */
  readonly remedy: string;
}
