/** A listing whose next name has been asked for. */
interface Head {
  readonly names: AsyncIterator<string>;
  name: string;
}

/**
 * Listings in lexical order as one, a name that is in several given once. One that fails hides nothing of the others:
 * its error comes at the end, also where the reader stops before.
 */
export async function* mergedNames(listings: readonly AsyncIterable<string>[]): AsyncIterable<string> {
  const failures: unknown[] = [];

  async function advanced(names: AsyncIterator<string>): Promise<Head | undefined> {
    try {
      const next = await names.next();
      return next.done ? undefined : { names, name: next.value };
    } catch (error) {
      failures.push(error);
      return undefined;
    }
  }

  const begun = await Promise.all(listings.map((listing) => advanced(listing[Symbol.asyncIterator]())));
  let heads = begun.filter((head) => head !== undefined);
  try {
    while (heads.length > 0) {
      const least = heads.reduce((one, other) => (other.name < one.name ? other : one)).name;
      yield least;
      const moved = await Promise.all(heads.map((head) => (head.name === least ? advanced(head.names) : head)));
      heads = moved.filter((head) => head !== undefined);
    }
  } finally {
    await Promise.all(heads.map(({ names }) => names.return?.()));
    throwFirst(failures);
  }
}

function throwFirst(failures: readonly unknown[]): void {
  if (failures.length > 0) throw failures[0];
}
