import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** auth.json as a plain object, named as far as it is changed here. */
export interface AuthJson {
  [section: string]: unknown;
  identityProviders: { customOpenIdConnectProviders: Record<string, ProviderJson> };
}

interface ProviderJson {
  [section: string]: unknown;
  registration: Record<string, unknown>;
  login: Record<string, unknown>;
}

/** The app setting that holds the client secret of a provider, by the provider's name in auth.json. */
export function secretSettingName(provider: string): string {
  return `${provider.toUpperCase()}_PROVIDER_AUTHENTICATION_SECRET`;
}

export interface AuthJsonOptions {
  /** Where the demo provider answers. */
  readonly issuer: string;
  /** Names of further registrations at it. The one called `name` has the client id `tokenkeep-<name>`. */
  readonly further: readonly string[];
  /** Has the last word. */
  readonly change?: ((document: AuthJson) => object) | undefined;
}

/** Writes auth.sample.json, with the demo provider where it listens, into the directory. Gives the file's path. */
export function writeAuthJson(directory: string, { issuer, further, change }: AuthJsonOptions): string {
  const sample = readFileSync(fileURLToPath(new URL('../auth.sample.json', import.meta.url)), 'utf8');
  const document: AuthJson = JSON.parse(sample.replace('http://localhost:7074/', `${issuer}/`));
  const { customOpenIdConnectProviders: providers } = document.identityProviders;
  for (const name of further) {
    const registration = {
      ...providers['demo']?.registration,
      clientId: `tokenkeep-${name}`,
      clientCredential: { method: 'ClientSecretPost', clientSecretSettingName: secretSettingName(name) },
    };
    providers[name] = { ...providers['demo'], registration, login: { ...providers['demo']?.login } };
  }
  const file = join(directory, 'auth.json');
  writeFileSync(file, JSON.stringify(change?.(document) ?? document, null, 2));
  return file;
}
