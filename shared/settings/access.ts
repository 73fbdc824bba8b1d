import { Secret } from '../telemetry/secret.ts';
import type { AuthJson } from './auth-json.ts';
import type { SettingValues } from './environment.ts';
import type { Problem } from './problems.ts';
import type { Settings } from './settings.ts';

/** What may be asked for without signing in. App Service has two properties for that, which must not disagree. */
export function accessRules({
  requireAuthentication,
  unauthenticatedClientAction,
  excludedPaths,
}: AuthJson['globalValidation']): Pick<Settings, 'unauthenticatedClientAction' | 'excludedPaths'> {
  const isOpen = requireAuthentication === false;
  return { unauthenticatedClientAction: isOpen ? 'allow' : unauthenticatedClientAction, excludedPaths };
}

/** The key by which a proxy shows that it is one: at least 32 characters that a header can hold. */
export function proxyKey(values: SettingValues, problems: Problem[]): Settings['proxyKey'] {
  const path = 'TOKENKEEP_PROXY_KEY';
  const text = values.get(path);
  if (text === undefined) return undefined;
  if (!/^[!-~]{32,}$/.test(text)) {
    const found = text.length < 32 ? 'a shorter key' : 'a key with other characters';
    problems.push({ path: `app setting: ${path}`, found, expected: 'at least 32 visible ASCII characters' });
  }
  return new Secret('proxy_key', text);
}
