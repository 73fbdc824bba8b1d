import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { loadSettings } from '../../shared/settings/load.ts';
import type { Settings } from '../../shared/settings/settings.ts';

/** Seconds: the time at which the settings below are loaded. */
export const now = Date.UTC(2026, 0, 1) / 1000;

/** What the secrets below can be told by, wherever they turn up. */
export const secrets = ['sassignature', 'accountkey', 'c0ffee'.repeat(12), 'clientsecret'] as const;
const [sasSignature, accountKey, signingKey, clientSecret] = secrets;

export const sasUrl = `https://account.blob.core.windows.net/tokens?sv=2024-11-04&sr=c&sp=rwdl&se=2027-01-01T00:00:00Z&sig=${sasSignature}`;

/** App settings that are complete and right. */
export const environment: Readonly<Record<string, string>> = {
  TOKENKEEP_PUBLIC_URL: 'https://auth.example.com',
  TOKENKEEP_VAULT_URL: 'https://vault.example.com',
  AzureWebJobsStorage: `DefaultEndpointsProtocol=https;AccountName=account;AccountKey=${accountKey}`,
  WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: sasUrl,
  WEBSITE_AUTH_SIGNING_KEY: signingKey,
  DEMO_PROVIDER_AUTHENTICATION_SECRET: clientSecret,
};

/** Leaves the origin to the platform, and so to a proxy in front. */
export const notPinned = { TOKENKEEP_PUBLIC_URL: undefined, WEBSITE_HOSTNAME: 'app.azurewebsites.net' };

/** auth.sample.json, as an object of its own to change at will. */
export function sample() {
  return JSON.parse(readFileSync(fileURLToPath(new URL('../../auth.sample.json', import.meta.url)), 'utf8'));
}

export const registrationOf = (document: ReturnType<typeof sample>) =>
  document.identityProviders.customOpenIdConnectProviders.demo.registration;

/** Loads app settings, laid over the ones above, with auth.json: a document, or its text. */
export function load(changes: Record<string, string | undefined> = {}, authJson: unknown = sample()): Settings {
  const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-settings-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'auth.json'), typeof authJson === 'string' ? authJson : JSON.stringify(authJson));
  return loadSettings({ ...environment, ...changes }, directory, now);
}

/** The problems that loading ends with, a line each: `path: found …, expected …`. */
export function problems(...input: Parameters<typeof load>): string[] {
  try {
    load(...input);
  } catch (error) {
    if (!(error instanceof TokenkeepError) || error.code !== 'settings_invalid') throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ''));
  }
  return [];
}
