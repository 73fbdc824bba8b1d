import { appSettings } from './app-settings.ts';
import type { AuthJson } from './auth-json.ts';
import type { SettingValues } from './environment.ts';
import type { Notice } from './notices.ts';

/** Where the local stack keeps its data; it comes along in the environment. */
const ofLocalStack = 'TOKENKEEP_DATA';

/**
 * App settings that begin as Tokenkeep's do and are none: misspelt, most likely. Not those that auth.json names, for
 * secrets may be called as people like.
 */
export function unknownIn(values: SettingValues, auth: AuthJson): Notice[] {
  const named = JSON.stringify(auth);
  return [...values.keys()]
    .filter((name) => name.startsWith('TOKENKEEP_') && name !== ofLocalStack)
    .filter((name) => !Object.hasOwn(appSettings.shape, name) && !named.includes(`"${name}"`))
    .map((path) => ({ path, reason: 'No app setting has this name; the reference of the settings lists all.' }));
}
