import { expect, it } from 'vitest';
import { readOptions } from '../../chaos/options.ts';

it('has a long form, a short one, and options that go before both', () => {
  expect(readOptions([])).toMatchObject({ seconds: 600, sessions: 2000, hosts: 4 });
  expect(readOptions(['--ci'])).toMatchObject({ seconds: 120, sessions: 300, hosts: 4 });
  const all = ['--ci', '--seconds', '90', '--sessions', '5', '--seed', '1', '--hosts', '2'];
  expect(readOptions(all)).toEqual({ seconds: 90, sessions: 5, seed: 1, hosts: 2 });
});

it('draws a seed where none is given', () => {
  expect(readOptions([]).seed).not.toBe(readOptions([]).seed);
});

it.each([[['--seconds', '1']], [['--hosts', 'four']], [['--sessions', '0']], [['--unknown']]])('refuses %j', (args) => {
  expect(() => readOptions(args)).toThrow();
});
