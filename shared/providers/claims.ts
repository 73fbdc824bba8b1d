import type { Claims } from './provider.ts';

/** The first of these claims that is a text and not empty. */
export function firstText(claims: Claims, ...names: (string | undefined)[]): string | undefined {
  const values = names.map((name) => (name === undefined ? undefined : claims[name]));
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}
