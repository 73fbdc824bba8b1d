import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SettingValues } from './environment.ts';
import { isJsonObject, type JsonObject, valueAt, withoutValueAt, withValueAt } from './json.ts';
import type { Problem } from './problems.ts';

/** Members of a resource around its properties: of an ARM template, of `az rest`, of `az containerapp auth show`. */
const envelope = [
  ...['id', 'name', 'type', 'kind', 'location', 'tags', 'systemData', 'resourceGroup'],
  ...['apiVersion', 'dependsOn', 'parent'],
];

/**
 * auth.json as one form of document, before its values are looked at: the file (`TOKENKEEP_AUTH_FILE`, else
 * `WEBSITE_AUTH_FILE_PATH`, else `auth.json`, below `directory`), or where there is no auth.json the app setting
 * `WEBSITE_AUTH_V2_CONFIG_JSON`: on App Service, too, a configuration file is taken in the place of the other.
 */
export function readDocument(values: SettingValues, directory: string, problems: Problem[]): JsonObject | undefined {
  const named = values.get('TOKENKEEP_AUTH_FILE') ?? values.get('WEBSITE_AUTH_FILE_PATH');
  const file = resolve(directory, named ?? 'auth.json');
  const text = readText(file);
  const setting = named === undefined ? values.get('WEBSITE_AUTH_V2_CONFIG_JSON') : undefined;
  if (text !== undefined) return parsed('auth.json', text, problems);
  if (setting !== undefined) return parsed('WEBSITE_AUTH_V2_CONFIG_JSON', setting, problems);
  const expected = 'a copy of auth.sample.json with your providers';
  problems.push({ path: 'auth.json', found: `no file at ${file}`, expected });
  return undefined;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parsed(path: string, text: string, problems: Problem[]): JsonObject | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    problems.push({ path, found: 'text that is not JSON', expected: 'a JSON document' });
    return undefined;
  }
  if (isJsonObject(document)) return normalized(document);
  const found = Array.isArray(document) ? 'a list' : String(typeof document === 'string' ? 'a text' : document);
  problems.push({ path: `${path}: the document`, found, expected: 'a value of type object' });
  return undefined;
}

/** One form for what Azure writes in several: without the resource around it, without nulls, with one spelling each. */
function normalized(document: JsonObject): JsonObject {
  const bare = Object.entries(withoutNulls(document) as JsonObject).filter(([name]) => !envelope.includes(name));
  const { properties = {}, ...beside } = Object.fromEntries(bare);
  return respelled({ ...beside, ...(isJsonObject(properties) ? properties : { properties }) });
}

/** In an export of Azure, null stands for not set. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const set = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(set.map(([name, inner]) => [name, withoutNulls(inner)]));
}

const custom = 'identityProviders.customOpenIdConnectProviders';
/** Spellings of App Service's documentation, and the one that `authsettingsV2` has. */
const spellings: readonly (readonly [string, string])[] = [
  ['identityProviders.openIdConnectProviders', custom],
  [
    'identityProviders.azureActiveDirectory.login.disableWwwAuthenticate',
    'identityProviders.azureActiveDirectory.login.disableWWWAuthenticate',
  ],
];
const spellingsOfCustom: readonly (readonly [string, string])[] = [
  ['login.loginParameterNames', 'login.loginParameters'],
  ['login.scope', 'login.scopes'],
  ['registration.clientCredential.secretSettingName', 'registration.clientCredential.clientSecretSettingName'],
];

function respelled(document: JsonObject): JsonObject {
  const whole = spellings.reduce(renamed, document);
  const providers = valueAt(whole, custom);
  if (!isJsonObject(providers)) return whole;
  const each = Object.entries(providers).map(([name, provider]) => [
    name,
    isJsonObject(provider) ? spellingsOfCustom.reduce(renamed, provider) : provider,
  ]);
  return withValueAt(whole, custom, Object.fromEntries(each));
}

/** Both spellings at once are left as they are: one of them is then an unknown property. */
function renamed(document: JsonObject, [from, to]: readonly [string, string]): JsonObject {
  const value = valueAt(document, from);
  if (value === undefined || valueAt(document, to) !== undefined) return document;
  return withValueAt(withoutValueAt(document, from), to, value);
}
