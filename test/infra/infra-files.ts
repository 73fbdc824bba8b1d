import { readdirSync } from 'node:fs';
import { BicepExpression, type BicepFile, type BicepObject, type BicepValue, readBicep } from './bicep.ts';

const folder = new URL('../../infra/', import.meta.url);

export const main = readBicep(new URL('main.bicep', folder));
export const parameters = readBicep(new URL('main.bicepparam', folder));

export const moduleNames = readdirSync(new URL('modules/', folder)).map((file) => file.replace(/\.bicep$/, ''));

/** main.bicep and the modules, by name. */
export const all: Readonly<Record<string, BicepFile>> = Object.fromEntries([
  ['main', main],
  ...moduleNames.map((name) => [name, readBicep(new URL(`modules/${name}.bicep`, folder))]),
]);

/** The resource of a module that goes by this symbol. */
export function resource(module: string, symbol: string): BicepFile['resources'][string] {
  const found = all[module]?.resources[symbol];
  if (!found) throw new Error(`${module}.bicep declares no resource ${symbol}`);
  return found;
}

/** What stands at a path of property names. */
export function at(value: BicepValue | undefined, path: string): BicepValue | undefined {
  return path.split('.').reduce<BicepValue | undefined>((inner, name) => (inner as BicepObject)?.[name], value);
}

/** A literal as it is, an expression as it is written. */
export function text(value: BicepValue | undefined): Exclude<BicepValue, BicepExpression> | undefined {
  return value instanceof BicepExpression ? value.text : value;
}
