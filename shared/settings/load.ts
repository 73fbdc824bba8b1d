import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { providerName } from '../providers/provider-name.ts';
import { Secret } from '../telemetry/secret.ts';
import { accessRules, proxyKey } from './access.ts';
import { appSettings } from './app-settings.ts';
import type { AuthJson } from './auth-json.ts';
import { backendSettings } from './backends.ts';
import { browserSettings } from './browser.ts';
import { checkSecondaries, containers } from './containers.ts';
import { credentials } from './credentials.ts';
import { type Environment, type SettingValues, settingValues } from './environment.ts';
import { forwardProxy } from './forward-proxy.ts';
import { checked, describeProblems, type Problem } from './problems.ts';
import { platformOrigin } from './public-origin.ts';
import { readAuthJson } from './read-auth-json.ts';
import { providers } from './registrations.ts';
import { checkRestrictions } from './restrictions.ts';
import type { Settings } from './settings.ts';
import { hostStorage } from './storage.ts';
import { unknownIn } from './unknown.ts';

/**
 * Reads app settings and auth.json (`directory` is the app's folder, `now` in seconds).
 * Throws `settings_invalid` with every problem, one a line: path, what was found, what is expected.
 */
export function loadSettings(environment: Environment, directory: string, now: number): Settings {
  const values = settingValues(environment);
  const problems: Problem[] = [];
  const app = checked((path) => `app setting: ${path}`, appSettings, Object.fromEntries(values), problems);
  const { auth, notices, nameOf } = readAuthJson(values, directory, problems);
  // All is looked through even where something is wrong already, so that every problem is told at once.
  if (auth) checkRestrictions(auth, values, problems);
  const found = {
    publicOrigin: values.has('TOKENKEEP_PUBLIC_URL') ? app?.TOKENKEEP_PUBLIC_URL : platformOrigin(values, problems),
    signingKey: signingKey(values, problems),
    proxyKey: proxyKey(values, problems),
    hostStorage: hostStorage(values, problems),
    containers: auth && containers(auth, values, now, problems),
    identity: auth && identityOf(auth, values, nameOf, problems),
  };
  if (app?.TOKENKEEP_READ_SECONDARY && found.containers) checkSecondaries(found.containers, problems);
  if (app?.TOKENKEEP_UPSTREAM && app.TOKENKEEP_UPSTREAM.origin === found.publicOrigin) {
    const expected = 'the address of another app';
    problems.push({ path: 'app setting: TOKENKEEP_UPSTREAM', found: 'the origin of Tokenkeep itself', expected });
  }
  const providerNames = found.identity?.providers.map(({ name }) => name) ?? [];
  const backends = backendSettings(auth?.backends ?? {}, providerNames, problems);
  if (!app || !auth || !found.publicOrigin || !found.containers || !found.identity || problems.length > 0) {
    throw new TokenkeepError('settings_invalid', { detail: describeProblems(problems) });
  }
  const { login, httpSettings, globalValidation } = auth;
  return {
    publicOrigin: found.publicOrigin,
    apiPrefix: httpSettings.routes.apiPrefix,
    ...(app.TOKENKEEP_UPSTREAM === undefined ? {} : { upstream: app.TOKENKEEP_UPSTREAM }),
    ...(login.routes.logoutEndpoint === undefined ? {} : { logoutEndpoint: login.routes.logoutEndpoint }),
    containers: found.containers,
    readSecondary: app.TOKENKEEP_READ_SECONDARY,
    hostStorage: found.hostStorage,
    vault: {
      url: app.TOKENKEEP_VAULT_URL,
      wrappingKeyName: app.TOKENKEEP_WRAP_KEY,
      signingKeyName: app.TOKENKEEP_SIGN_KEY,
    },
    ...(app.AZURE_CLIENT_ID === undefined ? {} : { identityClientId: app.AZURE_CLIENT_ID }),
    session: {
      lifetime: login.cookieExpiration.timeToExpiration,
      convention: login.cookieExpiration.convention,
      refreshExtension: login.tokenStore.tokenRefreshExtensionHours * 3600,
      absoluteLifetime: app.TOKENKEEP_SESSION_MAX_HOURS * 3600,
      ...(found.signingKey === undefined ? {} : { signingKey: found.signingKey }),
    },
    refresh: { providerConcurrency: app.TOKENKEEP_PROVIDER_CONCURRENCY },
    hideDeprecatedSid: app.WEBSITE_AUTH_HIDE_DEPRECATED_SID,
    signIn: {
      attemptLifetime: login.nonce.nonceExpirationInterval,
      allowedExternalRedirectUrls: login.allowedExternalRedirectUrls,
    },
    signInPage: login.signInPage,
    ...(login.signOutAtProvider === undefined ? {} : { signOutAtProvider: login.signOutAtProvider }),
    // An origin that is given counts, whatever a proxy in front says.
    forwardProxy: values.has('TOKENKEEP_PUBLIC_URL') ? { convention: 'none' } : forwardProxy(httpSettings.forwardProxy),
    browser: browserSettings(app, found.publicOrigin),
    claims: { legacy: app.WEBSITE_AUTH_USE_LEGACY_CLAIMS },
    exposedTokens: login.tokenStore.exposedTokens,
    headerTokens: login.tokenStore.headerTokens,
    ...(found.proxyKey === undefined ? {} : { proxyKey: found.proxyKey }),
    ...accessRules(globalValidation),
    ...found.identity,
    backends,
    notices: [...notices, ...unknownIn(values, auth)],
  };
}

/** The providers, of which there must be one, and the one among them to take where a request names none. */
function identityOf(
  { identityProviders, globalValidation }: AuthJson,
  values: SettingValues,
  nameOf: (path: string) => string,
  problems: Problem[],
): Pick<Settings, 'providers' | 'redirectToProvider'> {
  const registered = providers(identityProviders, credentials(values, problems));
  const names = registered.map(({ name }) => name);
  if (names.length === 0) {
    const expected = 'at least one provider that is registered and enabled';
    problems.push({ path: nameOf('identityProviders'), found: 'none', expected });
  }
  const { redirectToProvider } = globalValidation;
  if (redirectToProvider === undefined || names.length === 0) return { providers: registered };
  const name = providerName(redirectToProvider);
  if (!names.includes(name)) {
    const found = /^[\w-]{1,32}$/.test(redirectToProvider) ? `"${redirectToProvider}"` : 'something else';
    const expected = `one of the providers: ${names.join(', ')}`;
    problems.push({ path: nameOf('globalValidation.redirectToProvider'), found, expected });
  }
  return { providers: registered, redirectToProvider: name };
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
