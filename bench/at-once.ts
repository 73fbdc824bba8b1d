/** Does `task` for each of `items`, `workers` of them at a time. The results come in the order in which they are there. */
export async function atOnce<T, R>(workers: number, items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const next = items.values();
  const results: R[] = [];
  const work = async () => {
    for (const item of next) results.push(await task(item));
  };
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}
