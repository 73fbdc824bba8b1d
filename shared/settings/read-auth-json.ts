import { type AuthJson, authJson } from './auth-json.ts';
import { readDocument } from './document.ts';
import type { SettingValues } from './environment.ts';
import { ignoredIn } from './ignored.ts';
import type { Notice } from './notices.ts';
import { overridden } from './overrides.ts';
import { checked, type Problem } from './problems.ts';
import { withoutUnregistered } from './registered.ts';

interface Read {
  /** Undefined where it could not be read; then there are problems. */
  readonly auth: AuthJson | undefined;
  readonly notices: readonly Notice[];
  /** How to call what stands at a path: by the app setting, where one has put it there. */
  readonly nameOf: (path: string) => string;
}

/** auth.json, with what app settings say in its place and without what is not to be used; and what is not heeded. */
export function readAuthJson(values: SettingValues, directory: string, problems: Problem[]): Read {
  const read = readDocument(values, directory, problems);
  const { document, settingOf } = overridden(read ?? {}, values);
  const setting = (path: string) =>
    [...settingOf].find(([place]) => path === place || path.startsWith(`${place}.`))?.[1];
  const nameOf = (path: string) => {
    const name = setting(path);
    return name === undefined ? `auth.json: ${path}` : `app setting: ${name}`;
  };
  const { document: used, notices } = withoutUnregistered(document);
  const auth = read && checked(nameOf, authJson, used, problems);
  return { auth, notices: [...ignoredIn(used), ...notices], nameOf };
}
