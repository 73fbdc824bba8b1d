/** How often the vault was asked. The numbers are live: read them again to see them grow. */
export interface CallCounts {
  total: number;
  byOperation: Record<string, number>;
  /** Sets both back to nothing. */
  reset(): void;
}

/** Counts that `add` raises by one for an operation. */
export function callCounts(): { counts: CallCounts; add(operation: string): void } {
  const counts: CallCounts = {
    total: 0,
    byOperation: {},
    reset() {
      counts.total = 0;
      counts.byOperation = {};
    },
  };
  return {
    counts,
    add(operation) {
      counts.total += 1;
      counts.byOperation[operation] = (counts.byOperation[operation] ?? 0) + 1;
    },
  };
}
