import { isJsonObject, type JsonObject, valueAt, withoutValueAt } from './json.ts';
import type { Notice } from './notices.ts';

const builtIn = ['azureActiveDirectory', 'apple', 'facebook', 'gitHub', 'google', 'legacyMicrosoftAccount', 'twitter'];
const custom = 'identityProviders.customOpenIdConnectProviders';

/** What Azure itself writes beside an empty registration. Anything else is left for the schema to look at. */
const besideRegistration = ['enabled', 'registration', 'login', 'validation', 'isAutoProvisioned', 'graphApiVersion'];

/**
 * The document without the providers that are not to be used: those with `enabled: false`, and those that nothing is
 * registered for, which exports of App Service list, as enabled even.
 */
export function withoutUnregistered(document: JsonObject): {
  readonly document: JsonObject;
  readonly notices: readonly Notice[];
} {
  const customs = valueAt(document, custom);
  const places = [
    ...builtIn.map((name) => `identityProviders.${name}`),
    ...(isJsonObject(customs) ? Object.keys(customs).map((name) => `${custom}.${name}`) : []),
  ];
  const disabled = places.filter((path) => valueAt(document, `${path}.enabled`) === false);
  const empty = places.filter((path) => !disabled.includes(path) && isUnregistered(valueAt(document, path)));
  return {
    document: [...disabled, ...empty].reduce(withoutValueAt, document),
    notices: empty.map((path) => ({ path, reason: 'Nothing is registered for this provider, so it is left out.' })),
  };
}

function isUnregistered(provider: unknown): boolean {
  if (!isJsonObject(provider)) return false;
  const isHollow = (value: unknown): boolean => isJsonObject(value) && Object.values(value).every(isHollow);
  return (
    isHollow(provider['registration'] ?? {}) && Object.keys(provider).every((key) => besideRegistration.includes(key))
  );
}
