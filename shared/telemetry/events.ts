/** One kind of log event: its number never changes meaning, so that queries and alerts can rely on it. */
interface LogEvent {
  readonly id: number;
  readonly level: 'info' | 'warn' | 'error';
}

/** Every event Tokenkeep logs. 1xx start-up, 2xx sign-in and sessions, 3xx refresh, 4xx store and keys, 5xx backends, 9xx surprises. */
export const logEvents = {
  not_ready: { id: 101, level: 'error' },
  container_access_expires_soon: { id: 102, level: 'warn' },
  container_without_delete: { id: 103, level: 'warn' },
  setting_ignored: { id: 104, level: 'info' },

  sign_in_started: { id: 200, level: 'info' },
  sign_in_finished: { id: 201, level: 'info' },
  sign_in_failed: { id: 202, level: 'warn' },
  signed_out: { id: 203, level: 'info' },
  request_refused: { id: 204, level: 'warn' },
  session_past_its_end: { id: 205, level: 'info' },
  tokens_revoked: { id: 206, level: 'info' },
  revocation_failed: { id: 207, level: 'warn' },
  provider_sign_out_failed: { id: 208, level: 'warn' },
  identity_unknown: { id: 209, level: 'warn' },
  identity_headers_left_out: { id: 210, level: 'warn' },
  account_connected: { id: 230, level: 'info' },
  account_disconnected: { id: 231, level: 'info' },

  refreshed: { id: 300, level: 'info' },
  refresh_refused: { id: 301, level: 'warn' },
  refresh_postponed: { id: 302, level: 'warn' },
  refresh_rescued: { id: 303, level: 'error' },
  refresh_lost: { id: 304, level: 'error' },
  refresh_recovered: { id: 305, level: 'info' },
  refresh_discarded: { id: 306, level: 'info' },
  sweep_finished: { id: 310, level: 'info' },
  visit_failed: { id: 311, level: 'error' },
  marker_cleared: { id: 312, level: 'info' },
  sweep_incomplete: { id: 313, level: 'error' },
  provider_circuit_opened: { id: 320, level: 'warn' },
  provider_circuit_closed: { id: 321, level: 'info' },

  epoch_created: { id: 400, level: 'info' },
  epoch_opened: { id: 401, level: 'info' },
  epoch_creation_failed: { id: 402, level: 'error' },
  epoch_reopening_failed: { id: 403, level: 'error' },
  seal_refused: { id: 410, level: 'error' },
  secondary_reads_began: { id: 420, level: 'warn' },
  secondary_reads_ended: { id: 421, level: 'info' },

  backend_token_given: { id: 500, level: 'info' },
  backend_token_refused: { id: 501, level: 'warn' },
  consent_given: { id: 502, level: 'info' },
  consent_withdrawn: { id: 503, level: 'info' },

  request_failed: { id: 900, level: 'error' },
} as const satisfies Record<string, LogEvent>;

export type LogEventName = keyof typeof logEvents;
