import type { EntryView } from '../../../shared/sessions/entry-view.ts';

export const second = 1000;
export const minute = 60 * second;
/** Noon of an ordinary day, in the time zone of whoever runs this. */
export const noon = new Date(2026, 2, 17, 12).getTime();

/** An entry as `/.auth/me` shows it; times in milliseconds since 1970 UTC. */
export function entryOf(times: {
  issued: number;
  expires?: number;
  due?: number;
  history?: readonly { at: number; by: string }[];
  refreshable?: boolean;
}): EntryView {
  const text = (time: number) => new Date(time).toISOString();
  return {
    provider_name: 'demo',
    user_id: 'ada@example.com',
    user_claims: [],
    refreshable: times.refreshable ?? true,
    ...(times.expires === undefined ? {} : { expires_on: text(times.expires) }),
    refresh_state: {
      issued_on: text(times.issued),
      ...(times.due === undefined ? {} : { due_on: text(times.due) }),
      failures: 0,
      history: (times.history ?? []).map(({ at, by }) => ({ on: text(at), by })),
    },
  };
}
