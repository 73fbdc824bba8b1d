import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { loadSettings } from '../../shared/settings/load.ts';
import { overrides } from '../../shared/settings/overrides.ts';
import { environment, now, problems, sample, secrets } from './example.ts';

const names = [
  ...Object.keys(environment),
  'TOKENKEEP_WRAP_KEY',
  'TOKENKEEP_SESSION_MAX_HOURS',
  'WEBSITE_HOSTNAME',
  'AzureWebJobsStorage__accountName',
  'AzureWebJobsStorage__queueServiceUri',
  'AZURE_CLIENT_ID',
  'TOKENKEEP_ALLOWED_ORIGINS',
  'TOKENKEEP_COOKIE_SAMESITE',
  'WEBSITE_AUTH_AAD_ALLOWED_TENANTS',
  ...Object.keys(overrides),
];
/** A document with a registration at every provider. */
const everything = JSON.parse(readFileSync(new URL('samples/file-reference.json', import.meta.url), 'utf8'));
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom('http://', 'https://[', '://', '//', 'https://:80', '__proto__', 'constructor', '\0', '0', 'NaN'),
);

/** Every path of the sample that leads to a value, to put something else there. */
function paths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))];
}

function replaced(document: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  const inner = (document as Record<string, unknown>)[key];
  return { ...(document as object), [key]: replaced(inner, rest, value) };
}

/** Loads, and lets pass what loading may end with: settings, or settings_invalid with at least one problem told. */
function loadsOrTells(...input: Parameters<typeof problems>): void {
  const told = problems(...input);
  for (const line of told) expect(line).toMatch(/^.*: found .*, expected .+$/);
}

describe('loading ends with settings or with settings_invalid, and with nothing else', () => {
  it('for any app settings', () => {
    const changes = fc.dictionary(fc.constantFrom(...names), fc.option(text, { nil: undefined }));
    fc.assert(
      fc.property(changes, (changed) => loadsOrTells(changed)),
      { numRuns: 300 },
    );
  });

  it('for any text as auth.json', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (authJson) => loadsOrTells({}, authJson)),
      { numRuns: 200 },
    );
  });

  it('for anything anywhere in auth.json', () => {
    const anything = fc.oneof(text, fc.jsonValue(), fc.dictionary(text, fc.jsonValue()));
    const changed = fc
      .constantFrom(sample(), everything)
      .chain((document) =>
        fc.tuple(fc.constantFrom(...paths(document)), anything).map(([path, value]) => replaced(document, path, value)),
      );
    fc.assert(
      fc.property(changed, (authJson) => loadsOrTells({}, authJson)),
      { numRuns: 500 },
    );
  });

  it('for any name of a file', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (file) => {
        try {
          loadSettings({ ...environment, TOKENKEEP_AUTH_FILE: file }, '/nowhere', now);
          return false;
        } catch (error) {
          return isTokenkeepError(error, 'settings_invalid');
        }
      }),
    );
  });
});

it('shows no secret whatever else is wrong', () => {
  const changes = fc.dictionary(fc.constantFrom(...names), text, { minKeys: 1 });
  const changed = fc.tuple(fc.constantFrom(...paths(sample())), fc.jsonValue());
  fc.assert(
    fc.property(changes, changed, (environmentChanges, [path, value]) => {
      const told = problems(environmentChanges, replaced(sample(), path, value)).join('\n');
      for (const secret of secrets) expect(told).not.toContain(secret);
    }),
    { numRuns: 200 },
  );
});
