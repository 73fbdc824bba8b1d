import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type * as z from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { Secret } from '../telemetry/secret.ts';
import { appSettings } from './app-settings.ts';
import { type AuthJson, authJson } from './auth-json.ts';
import { type Environment, type SettingValues, settingValues } from './environment.ts';
import { describeProblems, type Problem, schemaProblems } from './problems.ts';
import { platformOrigin } from './public-origin.ts';
import { providers } from './registrations.ts';
import type { Settings } from './settings.ts';
import { container, hostStorage } from './storage.ts';

/**
 * Reads app settings and auth.json (`directory` is the app's folder, `now` in seconds).
 * Throws `settings_invalid` with every problem, one a line: path, what was found, what is expected.
 */
export function loadSettings(environment: Environment, directory: string, now: number): Settings {
  const values = settingValues(environment);
  const problems: Problem[] = [];
  const app = parse('app setting', appSettings, Object.fromEntries(values), problems);
  const auth = readAuthJson(resolve(directory, values.get('TOKENKEEP_AUTH_FILE') ?? 'auth.json'), problems);
  // All is looked through even where something is wrong already, so that every problem is told at once.
  const found = {
    publicOrigin: values.has('TOKENKEEP_PUBLIC_URL') ? app?.TOKENKEEP_PUBLIC_URL : platformOrigin(values, problems),
    signingKey: signingKey(values, problems),
    hostStorage: hostStorage(values, problems),
    container: auth && container(auth, values, now, problems),
    providers: auth && providers(auth, values, problems),
  };
  if (!app || !auth || !found.publicOrigin || !found.container || !found.providers || problems.length > 0) {
    throw new TokenkeepError('settings_invalid', { detail: describeProblems(problems) });
  }
  const { login, httpSettings } = auth;
  return {
    publicOrigin: found.publicOrigin,
    apiPrefix: httpSettings.routes.apiPrefix,
    container: found.container,
    hostStorage: found.hostStorage,
    vault: {
      url: app.TOKENKEEP_VAULT_URL,
      wrappingKeyName: app.TOKENKEEP_WRAP_KEY,
      signingKeyName: app.TOKENKEEP_SIGN_KEY,
    },
    ...(app.AZURE_CLIENT_ID === undefined ? {} : { identityClientId: app.AZURE_CLIENT_ID }),
    session: {
      lifetime: login.cookieExpiration.timeToExpiration,
      refreshExtension: login.tokenStore.tokenRefreshExtensionHours * 3600,
      absoluteLifetime: app.TOKENKEEP_SESSION_MAX_HOURS * 3600,
      ...(found.signingKey === undefined ? {} : { signingKey: found.signingKey }),
    },
    signIn: {
      attemptLifetime: login.nonce.nonceExpirationInterval,
      allowedExternalRedirectUrls: login.allowedExternalRedirectUrls,
    },
    exposedTokens: login.tokenStore.exposedTokens,
    providers: found.providers,
  };
}

function parse<T>(source: string, schema: z.ZodType<T>, input: unknown, problems: Problem[]): T | undefined {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  problems.push(...schemaProblems(source, result.error));
  return undefined;
}

function readAuthJson(file: string, problems: Problem[]): AuthJson | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    const expected = 'a copy of auth.sample.json with your providers';
    problems.push({ path: 'auth.json', found: `no file at ${file}`, expected });
    return undefined;
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    problems.push({ path: 'auth.json', found: 'text that is not JSON', expected: 'a JSON document' });
    return undefined;
  }
  return parse('auth.json', authJson, document, problems);
}

function signingKey(values: SettingValues, problems: Problem[]): Settings['session']['signingKey'] {
  const path = 'WEBSITE_AUTH_SIGNING_KEY';
  const text = values.get(path);
  if (text === undefined) return undefined;
  if (signingKeyBytes(text).length < 32) {
    problems.push({ path, found: 'a shorter key', expected: 'at least 32 bytes, in hex or base64' });
  }
  return new Secret('signing_key', text);
}

/** The key's bytes: hex where every character is a hex digit, else base64, as Microsoft's clients read it. */
export function signingKeyBytes(text: string): Uint8Array {
  return Buffer.from(text, /^[\da-f]+$/i.test(text) ? 'hex' : 'base64');
}
