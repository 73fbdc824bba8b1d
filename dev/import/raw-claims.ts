import type { ClaimTypes } from '../../shared/providers/provider.ts';
import type { Claims } from '../../shared/token-store/session.ts';
import type { StoreEntry } from './store-entry.ts';

/** Lists in an ID token even where they have one element. */
const lists = new Set(['amr', 'groups', 'roles', 'wids']);

/**
 * The claims under the provider's own names: the reverse of what `/.auth/me` does to them, so that it shows them as Easy
 * Auth did. A type that came more than once is a list again; values stay texts, since Easy Auth has kept nothing else.
 */
export function rawClaims(userClaims: StoreEntry['user_claims'], { types, prefix = '' }: ClaimTypes): Claims {
  const names = new Map(
    Object.entries(types)
      .toReversed()
      .map(([name, typ]) => [typ, name]),
  );
  const values = new Map<string, string[]>();
  for (const { typ, val } of userClaims ?? []) {
    const own = prefix !== '' && typ.startsWith(prefix) ? typ.slice(prefix.length) : typ;
    const name = names.get(typ) ?? own;
    values.set(name, [...(values.get(name) ?? []), val]);
  }
  return Object.fromEntries(
    [...values].map(([name, all]) => [name, all.length === 1 && !lists.has(name) ? all[0] : all]),
  );
}
