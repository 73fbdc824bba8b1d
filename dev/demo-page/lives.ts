import type { EntryView } from '../../shared/sessions/entry-view.ts';

/** The life of one access token. Times are milliseconds since 1970 UTC. */
export interface Life {
  readonly issued: number;
  /** Whose refresh brought it; absent for the token of the sign-in. */
  readonly by?: string;
  /** Known once the page has seen this token. */
  readonly expires?: number;
  /** When it is to be refreshed; absent where it is not. */
  readonly due?: number;
  /** When a newer token took its place. */
  readonly replaced?: number;
}

/** How many lives are remembered: what the history of the API holds, and the sign-in before it. */
const remembered = 21;

/**
 * The lives known so far with what `entry` tells now, oldest first; the last is the current one. The API knows when
 * refreshes happened but not when the tokens before them would have expired: that only the page remembers. A token
 * that is new without a refresh comes from another sign-in, so what came before is forgotten.
 */
export function remember(lives: readonly Life[], entry: EntryView): readonly Life[] {
  const { issued_on, due_on, history } = entry.refresh_state;
  const issued = Date.parse(issued_on);
  const refreshes = history.map(({ on, by }) => ({ issued: Date.parse(on), by }));
  const isKnown = [...lives, ...refreshes].some((life) => life.issued === issued);

  const known = new Map<number, Life>((isKnown ? lives : []).map((life) => [life.issued, life]));
  for (const refresh of refreshes) known.set(refresh.issued, { ...known.get(refresh.issued), ...refresh });
  const by = known.get(issued)?.by;
  known.set(issued, {
    issued,
    ...(by === undefined ? {} : { by }),
    ...(entry.expires_on === undefined ? {} : { expires: Date.parse(entry.expires_on) }),
    ...(due_on === undefined || !entry.refreshable ? {} : { due: Date.parse(due_on) }),
  });

  const sorted = [...known.values()].sort((one, other) => one.issued - other.issued);
  return sorted.slice(-remembered).map((life, index, kept) => {
    const next = kept[index + 1];
    return next === undefined ? life : { ...life, replaced: next.issued };
  });
}
