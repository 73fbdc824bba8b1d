import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { isSecureOrLoopback } from '../http/loopback.ts';
import type { OpenIdConnectSettings } from '../providers/openid-connect.ts';
import { Secret } from '../telemetry/secret.ts';
import { type AppSettings, appSettings } from './app-settings.ts';
import { type AuthJson, authJson } from './auth-json.ts';
import { describeProblems, type Problem, schemaProblems } from './problems.ts';
import { readSasUrl } from './sas-url.ts';
import type { ContainerSettings, HostStorage, Settings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads app settings and auth.json (`directory` is the app's folder, `now` in seconds).
 * Throws `settings_invalid` with every problem, one a line: path, what was found, what is expected.
 */
export function loadSettings(environment: Environment, directory: string, now: number): Settings {
  const problems: Problem[] = [];
  const app = parse('app setting', appSettings, withoutEmpty(environment), problems);
  const auth = readAuthJson(resolve(directory, environment['TOKENKEEP_AUTH_FILE'] ?? 'auth.json'), problems);
  const settings = app && auth ? combine(app, auth, environment, now, problems) : undefined;
  if (!settings || problems.length > 0) {
    throw new TokenkeepError('settings_invalid', { detail: describeProblems(problems) });
  }
  return settings;
}

function parse<T>(source: string, schema: z.ZodType<T>, input: unknown, problems: Problem[]): T | undefined {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  problems.push(...schemaProblems(source, result.error));
  return undefined;
}

/** An empty app setting counts as not set, as in the portal. */
function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function readAuthJson(file: string, problems: Problem[]): AuthJson | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    problems.push({
      path: 'auth.json',
      found: `no file at ${file}`,
      expected: 'a copy of auth.sample.json with your providers',
    });
    return undefined;
  }
  try {
    return parse('auth.json', authJson, JSON.parse(text), problems);
  } catch {
    problems.push({ path: 'auth.json', found: 'text that is not JSON', expected: 'a JSON document' });
    return undefined;
  }
}

function combine(
  app: AppSettings,
  auth: AuthJson,
  environment: Environment,
  now: number,
  problems: Problem[],
): Settings {
  const { login, httpSettings } = auth;
  const signingKey = app.WEBSITE_AUTH_SIGNING_KEY;
  if (signingKey !== undefined && signingKeyBytes(signingKey).length < 32) {
    problems.push({
      path: 'WEBSITE_AUTH_SIGNING_KEY',
      found: 'a shorter key',
      expected: 'at least 32 bytes, in hex or base64',
    });
  }
  return {
    publicOrigin: publicOrigin(app, problems),
    apiPrefix: httpSettings.routes.apiPrefix,
    container: container(app, auth, environment, now, problems),
    hostStorage: hostStorage(app, problems),
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
      ...(signingKey === undefined ? {} : { signingKey: new Secret('signing_key', signingKey) }),
    },
    signIn: {
      attemptLifetime: login.nonce.nonceExpirationInterval,
      allowedExternalRedirectUrls: login.allowedExternalRedirectUrls,
    },
    exposedTokens: login.tokenStore.exposedTokens,
    providers: providers(auth, environment, problems),
  };
}

function publicOrigin(app: AppSettings, problems: Problem[]): string {
  if (app.TOKENKEEP_PUBLIC_URL !== undefined) return app.TOKENKEEP_PUBLIC_URL;
  if (app.WEBSITE_HOSTNAME === undefined) {
    problems.push({
      path: 'TOKENKEEP_PUBLIC_URL',
      found: 'nothing',
      expected: 'an https origin such as https://auth.example.com',
    });
    return '';
  }
  const plain = `http://${app.WEBSITE_HOSTNAME}`;
  return URL.canParse(plain) && isSecureOrLoopback(new URL(plain)) ? plain : `https://${app.WEBSITE_HOSTNAME}`;
}

function container(
  app: AppSettings,
  auth: AuthJson,
  environment: Environment,
  now: number,
  problems: Problem[],
): ContainerSettings {
  const { sasUrlSettingName, blobContainerUri, clientId } = auth.login.tokenStore.azureBlobStorage;
  if (blobContainerUri !== undefined) {
    const identity = clientId ?? app.AZURE_CLIENT_ID;
    return { url: blobContainerUri, ...(identity === undefined ? {} : { clientId: identity }) };
  }
  const path = sasUrlSettingName ?? 'WEBSITE_AUTH_TOKEN_CONTAINER_SASURL';
  const text = environment[path] ?? '';
  const grant = text === '' ? { found: 'nothing', expected: 'a container SAS URL' } : readSasUrl(text, now);
  if ('found' in grant) {
    problems.push({ path, ...grant });
    return { url: '' };
  }
  return { sasUrl: new Secret('sas_url', text), ...grant };
}

/**
 * The host's own storage connection: a connection string, or the settings of an identity-based one
 * (https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity).
 */
function hostStorage(app: AppSettings, problems: Problem[]): HostStorage {
  if (app.AzureWebJobsStorage !== undefined) {
    return { connectionString: new Secret('connection_string', app.AzureWebJobsStorage) };
  }
  const account = app.AzureWebJobsStorage__accountName;
  const url = app.AzureWebJobsStorage__queueServiceUri ?? (account && `https://${account}.queue.core.windows.net`);
  if (!url) {
    const expected = 'a connection string, or AzureWebJobsStorage__accountName for the app identity';
    problems.push({ path: 'AzureWebJobsStorage', found: 'nothing', expected });
    return { queueServiceUrl: '' };
  }
  const clientId = app.AzureWebJobsStorage__clientId ?? app.AZURE_CLIENT_ID;
  return { queueServiceUrl: url, ...(clientId === undefined ? {} : { clientId }) };
}

function providers(auth: AuthJson, environment: Environment, problems: Problem[]): OpenIdConnectSettings[] {
  const custom = Object.entries(auth.identityProviders.customOpenIdConnectProviders);
  return custom
    .filter(([, provider]) => provider.enabled)
    .map(([name, { registration, login }]) => {
      const { method, clientSecretSettingName } = registration.clientCredential;
      const secret = environment[clientSecretSettingName] ?? '';
      if (secret === '') {
        const path = `${clientSecretSettingName} (named by auth.json for provider ${name})`;
        problems.push({ path, found: 'nothing', expected: 'the client secret' });
      }
      const { nameClaimType } = login;
      return {
        name: name.toLowerCase(),
        clientId: registration.clientId,
        clientSecret: new Secret('client_secret', secret),
        clientAuthentication: method === 'ClientSecretBasic' ? 'client_secret_basic' : 'client_secret_post',
        endpoints: endpoints(registration.openIdConnectConfiguration),
        scopes: login.scopes,
        loginParameters: Object.fromEntries(login.loginParameters.map(splitParameter)),
        ...(nameClaimType === undefined ? {} : { nameClaim: nameClaimType }),
      } as const;
    });
}

function endpoints(
  configured: AuthJson['identityProviders']['customOpenIdConnectProviders'][string]['registration']['openIdConnectConfiguration'],
): OpenIdConnectSettings['endpoints'] {
  const { wellKnownOpenIdConfiguration: wellKnown, issuer } = configured;
  if (wellKnown !== undefined) return { wellKnown, ...(issuer === undefined ? {} : { issuer }) };
  const { authorizationEndpoint = '', tokenEndpoint = '', certificationUri = '' } = configured;
  return { issuer: issuer ?? '', authorizationEndpoint, tokenEndpoint, jwksUri: certificationUri };
}

function splitParameter(parameter: string): [string, string] {
  const at = parameter.indexOf('=');
  return [parameter.slice(0, at), parameter.slice(at + 1)];
}

/** The key's bytes: hex where every character is a hex digit, else base64, as Microsoft's clients read it. */
export function signingKeyBytes(text: string): Uint8Array {
  return Buffer.from(text, /^[\da-f]+$/i.test(text) ? 'hex' : 'base64');
}
