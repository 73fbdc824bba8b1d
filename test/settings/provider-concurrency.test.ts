import { expect, it } from 'vitest';
import { load, problems } from './example.ts';

it('one process asks a provider for 1 to 1000 refreshes at a time', () => {
  const concurrency = (text: string) => load({ TOKENKEEP_PROVIDER_CONCURRENCY: text }).refresh.providerConcurrency;
  expect(['1', '64', '999', '1000'].map(concurrency)).toEqual([1, 64, 999, 1000]);
  for (const text of ['0', '1001', '-1', '1.5', '1e2', 'x', ' ', '064']) {
    expect(problems({ TOKENKEEP_PROVIDER_CONCURRENCY: text })).toHaveLength(1);
  }
});
