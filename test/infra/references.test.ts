import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BicepExpression, type BicepFile, type BicepObject, type BicepValue } from './bicep.ts';
import { all, main, moduleNames, parameters, resource, text } from './infra-files.ts';

describe('the files fit together', () => {
  it('each module gets every parameter that it needs, and none that it does not know', () => {
    for (const [symbol, { path, body }] of Object.entries(main.modules)) {
      const params = all[path.replace(/^modules\/|\.bicep$/g, '')]?.params ?? {};
      const given = Object.keys(body['params'] as BicepObject);
      const needed = Object.keys(params).filter((name) => params[name]?.default === undefined);
      expect([symbol, given.toSorted()]).toEqual([symbol, needed.toSorted()]);
    }
    expect(Object.keys(main.modules)).toHaveLength(moduleNames.length);
  });

  it('each output that is used is declared', () => {
    const used = [...main.text.matchAll(/\b(\w+)\.outputs\.(\w+)/g)];
    expect(used.length).toBeGreaterThan(10);
    for (const [, symbol = '', output = ''] of used) {
      const file = all[(main.modules[symbol]?.path ?? '').replace(/^modules\/|\.bicep$/g, '')];
      expect(Object.keys(file?.outputs ?? {})).toContain(output);
    }
  });

  it('each name that an expression uses is declared, and each declared one is used', () => {
    for (const [name, file] of Object.entries(all)) {
      const declared = Object.keys({ ...file.params, ...file.vars, ...file.resources, ...file.modules });
      const used = new Set(expressionsOf(file).flatMap(identifiers));
      expect([name, [...used].filter((one) => !declared.includes(one) && !functions.has(one))]).toEqual([name, []]);
      const leaves = Object.keys(file.resources).concat(Object.keys(file.modules));
      expect([name, declared.filter((one) => !used.has(one) && !leaves.includes(one))]).toEqual([name, []]);
    }
  });

  it('the sample parameters are parameters, and name the secrets of auth.sample.json', () => {
    expect(Object.keys(main.params)).toEqual(expect.arrayContaining(Object.keys(parameters.params)));
    expect(parameters.text).toContain("using './main.bicep'");
    const auth = readFileSync(new URL('../../auth.sample.json', import.meta.url), 'utf8');
    const secrets = [...auth.matchAll(/"clientSecretSettingName": "(\w+)"/g)].map(([, name]) => name);
    expect(Object.keys(parameters.params['secretSettings']?.default as BicepObject)).toEqual(secrets);
  });

  it('azd finds the app by its tag, and publishes what was built here', () => {
    const azd = readFileSync(new URL('../../azure.yaml', import.meta.url), 'utf8');
    const service = /^services:\n {2}(\w+):/m.exec(azd)?.[1];
    expect(text(resource('app', 'app').body['tags'])).toContain(`'azd-service-name': '${service}'`);
    expect(azd).toMatch(/^ {4}remoteBuild: false$/m);
  });
});

/** Functions and words of Bicep itself: https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions. */
const functions = new Set(
  'empty guid items join resourceGroup string subscription subscriptionResourceId toObject union uniqueString setting true false'.split(
    ' ',
  ),
);

function expressionsOf(file: BicepFile): string[] {
  const found: string[] = [];
  const visit = (value: BicepValue | undefined): void => {
    if (value instanceof BicepExpression) found.push(value.text);
    else if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object') {
      for (const [name, inner] of Object.entries(value)) {
        if (name.includes('${')) found.push(`'${name}'`);
        visit(inner);
      }
    }
  };
  for (const { default: value } of Object.values(file.params)) visit(value);
  for (const value of [...Object.values(file.vars), ...Object.values(file.outputs)]) visit(value);
  for (const { body, condition } of Object.values(file.resources)) {
    visit(body);
    if (condition !== undefined) found.push(condition);
  }
  for (const { body } of Object.values(file.modules)) visit(body);
  return found;
}

/** The names that an expression refers to: neither what follows a dot, nor keys of objects, nor text of strings. */
function identifiers(expression: string): string[] {
  const inside = [...expression.matchAll(/\$\{([^}]*)\}/g)].map(([, inner = '']) => inner);
  const outside = expression.replace(/'(?:\\.|[^'\\])*'/g, ' ').replace(/\b\w+:/g, ' ');
  return [outside, ...inside].flatMap((part) => part.replace(/\.\w+/g, '').match(/[a-z_]\w*/gi) ?? []);
}
