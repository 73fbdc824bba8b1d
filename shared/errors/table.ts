import { backendErrors } from './backends.ts';
import { requestErrors } from './requests.ts';
import type { ErrorRow } from './row.ts';
import { sessionErrors } from './sessions.ts';
import { signInErrors } from './sign-in.ts';
import { storageErrors } from './storage.ts';

/**
 * Every error Tokenkeep can answer or log, by its stable code. `docs/reference/errors.md` mirrors this table and a
 * test compares the two.
 */
export const errorTable = {
  ...requestErrors,
  ...signInErrors,
  ...sessionErrors,
  ...backendErrors,
  ...storageErrors,

  // The app
  settings_invalid: {
    status: 500,
    title: 'The settings are wrong',
    remedy: 'Correct every problem in the list and start again.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong inside Tokenkeep',
    remedy: 'Look the time of the request up in the log and report what it says.',
  },
} as const satisfies Record<string, ErrorRow>;

/** The stable code of an error. */
export type ErrorCode = keyof typeof errorTable;
