import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { developmentAccount } from '../dev/azurite.ts';
import { keptPorts } from '../dev/ports.ts';
import { errorTable } from '../shared/errors/table.ts';
import { TokenkeepError } from '../shared/errors/tokenkeep-error.ts';
import { appSettings } from '../shared/settings/app-settings.ts';
import { authJson } from '../shared/settings/auth-json.ts';
import { ignored } from '../shared/settings/ignored.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { overrides } from '../shared/settings/overrides.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a schema says about one setting. */
interface Described {
  readonly isRequired: boolean;
  readonly default?: unknown;
}

/** One `###` section of the page. */
interface Entry {
  readonly name: string;
  readonly lines: readonly string[];
}

const file = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const page = file('docs/reference/settings.md');
const directory = mkdtempSync(join(tmpdir(), 'tokenkeep-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

const sample: Record<string, unknown> = JSON.parse(file('auth.sample.json'));
const environment = {
  WEBSITE_HOSTNAME: 'tokenkeep.azurewebsites.net',
  TOKENKEEP_VAULT_URL: 'https://name.vault.azure.net',
  AzureWebJobsStorage__accountName: 'name',
  WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: 'https://name.blob.core.windows.net/tokens?sr=c&sp=rwdl&se=2099-01-01&sig=0',
  DEMO_PROVIDER_AUTHENTICATION_SECRET: 'secret',
};

/** The settings below a schema, by path; the keys of a record are called `{name}` where they are free. */
function settingsOf(schema: JsonSchema, path = '', isRequired = true): Map<string, Described> {
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  const properties = Object.entries(schema.properties ?? {});
  if (typeof schema.additionalProperties === 'object' && typeof schema.propertyNames === 'object') {
    const names = schema.propertyNames.enum ?? ['{name}'];
    for (const name of names) properties.push([String(name), schema.additionalProperties]);
  }
  if (properties.length === 0) return new Map([[path, { isRequired, default: schema.default }]]);
  return new Map(
    properties.flatMap(([name, inner]) =>
      typeof inner === 'object' ? [...settingsOf(inner, below(name), schema.required?.includes(name) ?? false)] : [],
    ),
  );
}

function section(title: string): string {
  const [, text] = page.split(`\n## ${title}\n`);
  if (text === undefined) throw new Error(`The page has no section ${title}`);
  return text.split('\n## ')[0] ?? '';
}

/** A heading such as `a.{b,c}.d` stands for each of its settings. */
function entriesOf(title: string): Entry[] {
  return [...section(title).matchAll(/^### `(.+)`\n((?:(?!^#).*\n)*)/gm)].flatMap(([, heading = '', text = '']) => {
    const lines = text.split('\n').filter((line) => line.startsWith('- '));
    return namesIn(heading).map((name) => ({ name, lines }));
  });
}

function namesIn(heading: string): string[] {
  const [, before = '', choices, after = ''] = /^(.*?)\{([\w,]+,[\w,]+)\}(.*)$/.exec(heading) ?? [];
  if (choices === undefined) return [heading];
  return choices.split(',').flatMap((choice) => namesIn(`${before}${choice}${after}`));
}

function defaultOf({ lines }: Entry): string {
  return lines.find((line) => line.startsWith('- Default: '))?.slice('- Default: '.length) ?? 'no such line';
}

/** The `- Refused:` lines: the value, and what the app says that it expects instead. */
function refusalsOf({ name, lines }: Entry): { name: string; value: string; expected: string }[] {
  return lines
    .filter((line) => line.startsWith('- Refused: '))
    .map((line) => {
      const [, value = '', expected = ''] = /^- Refused: `(.*?)`, expected (.+)$/.exec(line) ?? [];
      return { name, value, expected };
    });
}

const isIgnored = (path: string) => ignored.some((one) => one.path === path);
const schemas = {
  'App settings': settingsOf(z.toJSONSchema(appSettings, { io: 'input' })),
  'auth.json': settingsOf(z.toJSONSchema(authJson, { io: 'input' })),
};

describe.each(Object.entries(schemas))('the reference of %s', (title, settings) => {
  const entries = entriesOf(title);

  it('has every setting that the code reads, once, and no other', () => {
    const read = [...settings.keys()].filter((path) => !isIgnored(path));
    expect(entries.map(({ name }) => name).toSorted()).toEqual(read.toSorted());
  });

  it.each(entries.map((entry) => [entry.name, entry] as const))(
    'says the type and the default of %s',
    (name, entry) => {
      expect(entry.lines.filter((line) => line.startsWith('- Type: '))).toHaveLength(1);
      const { isRequired, default: standard } = settings.get(name) ?? {};
      const shown = defaultOf(entry);
      if (standard === undefined) expect(shown).toBe(isRequired ? 'required' : 'none');
      else expect(title === 'auth.json' ? JSON.parse(shown.slice(1, -1)) : shown.slice(1, -1)).toEqual(standard);
    },
  );

  it.each(entries.map((entry) => [entry.name, entry] as const))(
    'says what a wrong value of %s leads to',
    (_, entry) => {
      const wrong = entry.lines.filter((line) => /^- (Refused: `.*`, expected .|Not checked: .)/.test(line));
      expect(wrong.length).toBeGreaterThan(0);
      expect(entry.lines).toHaveLength(
        wrong.length + entry.lines.filter((line) => /^- (Type|Unit|Default): ./.test(line)).length,
      );
      const codes = wrong.filter((line) => line.startsWith('- Not checked')).join('\n');
      for (const [, code = ''] of codes.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)) expect(errorTable).toHaveProperty(code);
    },
  );
});

describe('the tables of the reference', () => {
  const rows = (title: string, row: RegExp) => [...section(title).matchAll(row)].map(([, ...cells]) => cells);

  it('have every property that is not heeded, each of which the schema accepts', () => {
    const described = rows('Settings that are accepted and ignored', /^\| `([\w.]+)` \| (.+) \|$/gm);
    expect(described).toEqual(ignored.map(({ path, reason }) => [path, reason]));
    expect(ignored.filter(({ path }) => !schemas['auth.json'].has(path))).toEqual([]);
  });

  it('have every app setting that takes the place of one of auth.json', () => {
    const described = rows('App settings of App Service', /^\| `(WEBSITE_AUTH_\w+)` \| `(.+)` \|$/gm);
    expect(described).toEqual(Object.entries(overrides).map(([name, { path }]) => [name, path]));
  });
});

describe('what the reference calls refused, the app refuses', () => {
  const refusals = (title: string) => entriesOf(title).flatMap(refusalsOf);

  it('accepts the settings that these cases start from', () => {
    expect(problemsOf({}, sample)).toEqual([]);
  });

  it.each(refusals('App settings'))('$name: $value', ({ name, value, expected }) => {
    const { AzureWebJobsStorage__accountName: _, ...others } = environment;
    const before = name.startsWith('AzureWebJobsStorage') ? others : environment;
    expectRefusal(problemsOf({ [name]: value }, sample, before), expected);
  });

  it.each(refusals('auth.json'))('$name: $value', ({ name, value, expected }) => {
    const path = name.replace('{name}', 'demo').split('.');
    const document = withValue(withRegistration(path), path, JSON.parse(value));
    expectRefusal(problemsOf({}, document), expected);
  });

  function expectRefusal(problems: readonly string[], expected: string): void {
    expect(problems.map((problem) => problem.replace(/^.*?, expected /, ''))).toContain(expected);
  }
});

describe('local.settings.sample.json', () => {
  const { IsEncrypted, Values }: { IsEncrypted: unknown; Values: Record<string, string> } = JSON.parse(
    file('local.settings.sample.json'),
  );

  it('has the format of Core Tools: not encrypted, values that are text', () => {
    expect(IsEncrypted).toBe(false);
    expect(Object.values(Values).filter((value) => typeof value !== 'string')).toEqual([]);
  });

  it('has no setting that the page does not describe, and every setting that has no default', () => {
    const ofTheHost = [...section('Settings of the Functions host').matchAll(/^\| `(\w+)` \|/gm)].map(
      ([, name]) => name,
    );
    const ofProviders = [...file('auth.sample.json').matchAll(/"clientSecretSettingName": "(\w+)"/g)].map(
      ([, name]) => name,
    );
    const described = [...schemas['App settings'].keys(), ...ofTheHost, ...ofProviders];
    expect(Object.keys(Values).filter((name) => !described.includes(name))).toEqual([]);
    const required = [...schemas['App settings']].filter(([, { isRequired }]) => isRequired).map(([name]) => name);
    expect(Object.keys(Values)).toEqual(expect.arrayContaining([...required, ...ofProviders]));
  });

  it('has the addresses of the local stack on its usual ports', () => {
    const { vault, identity, blob, queue } = keptPorts(directory, 7071);
    const { name, key } = developmentAccount;
    expect(Values).toMatchObject({
      TOKENKEEP_PUBLIC_URL: 'http://localhost:7071',
      TOKENKEEP_VAULT_URL: `http://127.0.0.1:${vault}`,
      IDENTITY_ENDPOINT: `http://127.0.0.1:${identity}/msi/token`,
      AzureWebJobsStorage:
        `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${key};` +
        `BlobEndpoint=http://127.0.0.1:${blob}/${name};QueueEndpoint=http://127.0.0.1:${queue}/${name};`,
    });
  });

  it('is complete once its empty values are filled in', () => {
    const { WEBSITE_AUTH_TOKEN_CONTAINER_SASURL, DEMO_PROVIDER_AUTHENTICATION_SECRET } = environment;
    const filled = { ...Values, WEBSITE_AUTH_TOKEN_CONTAINER_SASURL, DEMO_PROVIDER_AUTHENTICATION_SECRET };
    expect(problemsOf({}, sample, filled)).toEqual([]);
  });
});

/** The sample with the registration that the built-in provider at the path needs at least, if there is one. */
function withRegistration([above = '', provider = '']: readonly string[]): object {
  const aad = {
    openIdIssuer: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
    clientId: 'id',
  };
  const client = { clientId: 'id', clientSecretSettingName: 'DEMO_PROVIDER_AUTHENTICATION_SECRET' };
  const facebook = { appId: 'id', appSecretSettingName: 'DEMO_PROVIDER_AUTHENTICATION_SECRET' };
  const isBuiltIn = above === 'identityProviders' && provider !== 'customOpenIdConnectProviders';
  if (!isBuiltIn) return sample;
  const registration = provider === 'azureActiveDirectory' ? aad : provider === 'facebook' ? facebook : client;
  const document = withValue(sample, [above, provider, 'registration'], registration);
  expect(problemsOf({}, document)).toEqual([]);
  return document;
}

/** What is wrong with these settings, as the app itself tells it, one line a problem. */
function problemsOf(changes: object, document: object, before: object = environment): string[] {
  writeFileSync(join(directory, 'auth.json'), JSON.stringify(document));
  try {
    loadSettings({ ...before, ...changes }, directory, 0);
    return [];
  } catch (error) {
    if (!(error instanceof TokenkeepError)) throw error;
    return (error.detail ?? '').split('\n').slice(1);
  }
}

/** A copy of the document with the value at the path. */
function withValue(document: object, [name = '', ...further]: readonly string[], value: unknown): object {
  const inner = Object.entries(document).find(([key]) => key === name)?.[1] ?? {};
  return { ...document, [name]: further.length === 0 ? value : withValue(inner, further, value) };
}
