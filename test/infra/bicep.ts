import { readFileSync } from 'node:fs';

/** A value of a Bicep file: literals as they are, everything else as its text. */
export type BicepValue = string | number | boolean | BicepObject | BicepValue[] | BicepExpression;
export interface BicepObject {
  [name: string]: BicepValue;
}
export class BicepExpression {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export interface BicepParameter {
  readonly type: string;
  /** The names of its decorators. */
  readonly decorators: readonly string[];
  readonly default?: BicepValue;
}

export interface BicepResource {
  readonly type: string;
  readonly apiVersion: string;
  /** What stands in `if (…)`. */
  readonly condition?: string;
  readonly body: BicepObject;
}

/** The declarations of a Bicep file, by their symbols. */
export interface BicepFile {
  /** The text without comments. */
  readonly text: string;
  readonly params: Readonly<Record<string, BicepParameter>>;
  readonly vars: Readonly<Record<string, BicepValue>>;
  readonly resources: Readonly<Record<string, BicepResource>>;
  readonly modules: Readonly<Record<string, { readonly path: string; readonly body: BicepObject }>>;
  readonly outputs: Readonly<Record<string, BicepValue>>;
}

/**
 * Reads the part of Bicep that `infra/` is written in
 * (https://learn.microsoft.com/azure/azure-resource-manager/bicep/file). It is no compiler: expressions stay text.
 */
export function readBicep(file: URL): BicepFile {
  const text = withoutComments(readFileSync(file, 'utf8'));
  const found = {
    text,
    params: {} as Record<string, BicepParameter>,
    vars: {} as Record<string, BicepValue>,
    resources: {} as Record<string, BicepResource>,
    modules: {} as Record<string, { path: string; body: BicepObject }>,
    outputs: {} as Record<string, BicepValue>,
  };
  const reader = new Reader(text);
  let decorators: string[] = [];
  while (!reader.atEnd()) {
    const [, decorator] = reader.take(/@(\w+)/) ?? [];
    if (decorator !== undefined) {
      reader.skipParentheses();
      decorators.push(decorator);
      continue;
    }
    const [, keyword = '', symbol = '', rest = ''] = reader.expect(
      /(param|var|output|resource|module|using) ?(\w*)([^\n=]*)/,
    );
    const condition = reader.take(/= if \((.*)\) (?=\{)/)?.[1];
    const assigned = condition !== undefined || reader.take(/=\s*/) ? reader.value() : undefined;
    const quoted = /'([^'@]*)@?([^']*)'/.exec(rest) ?? [];
    const body = (assigned ?? {}) as BicepObject;
    if (keyword === 'param') {
      const type = rest.trim();
      found.params[symbol] = { type, decorators, ...(assigned === undefined ? {} : { default: assigned }) };
    } else if (keyword === 'var' && assigned !== undefined) found.vars[symbol] = assigned;
    else if (keyword === 'output' && assigned !== undefined) found.outputs[symbol] = assigned;
    else if (keyword === 'module') found.modules[symbol] = { path: quoted[1] ?? '', body };
    else if (keyword === 'resource') {
      const [, type = '', apiVersion = ''] = quoted;
      found.resources[symbol] = { type, apiVersion, body, ...(condition === undefined ? {} : { condition }) };
    }
    decorators = [];
  }
  return found;
}

/** Comments begin at two slashes, except within a string. */
function withoutComments(text: string): string {
  return text.replace(/'(?:\\.|[^'\\])*'|\/\/[^\n]*/g, (match) => (match.startsWith("'") ? match : ''));
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replace(/^targetScope = .*$/m, '');
  }

  atEnd(): boolean {
    this.#skip(/\s*/y);
    return this.#at >= this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    this.#skip(/[ \t]*/y);
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#text);
    if (match) this.#at = sticky.lastIndex;
    return match ?? undefined;
  }

  expect(pattern: RegExp): RegExpExecArray {
    const match = this.take(pattern);
    if (match) return match;
    throw new Error(`Expected ${pattern} at: ${this.#text.slice(this.#at, this.#at + 80)}`);
  }

  value(): BicepValue {
    if (this.take(/\{/)) return this.#object();
    if (this.take(/\[/)) return this.#array();
    const [, text] = this.take(/'((?:\\.|[^'\\])*)'(?=\s*(?:[,\n\]}]|$))/) ?? [];
    if (text !== undefined && !text.includes('${')) return text.replaceAll("\\'", "'");
    if (text !== undefined) return new BicepExpression(`'${text}'`);
    const expression = this.#expression();
    if (/^(true|false)$/.test(expression)) return expression === 'true';
    return /^\d+$/.test(expression) ? Number(expression) : new BicepExpression(expression);
  }

  skipParentheses(): void {
    this.#expression();
  }

  #object(): BicepObject {
    const object: BicepObject = {};
    while (true) {
      this.#skip(/[\s,]*/y);
      if (this.take(/\}/)) return object;
      const [, quoted, name] = this.expect(/(?:'((?:\\.|[^'\\])*)'|(\w+)):/);
      object[quoted ?? name ?? ''] = this.value();
    }
  }

  #array(): BicepValue[] {
    const items: BicepValue[] = [];
    while (true) {
      this.#skip(/[\s,]*/y);
      if (this.take(/\]/)) return items;
      items.push(this.value());
    }
  }

  /** Up to the end of the line, or the comma or bracket that ends it, whichever is outside of brackets and strings. */
  #expression(): string {
    const start = this.#at;
    let depth = 0;
    while (this.#at < this.#text.length) {
      this.#skip(/'(?:\\.|[^'\\])*'/y);
      const character = this.#text.charAt(this.#at);
      if (depth === 0 && /[\n,)\]}]/.test(character)) break;
      if (/[([{]/.test(character)) depth += 1;
      if (/[)\]}]/.test(character)) depth -= 1;
      this.#at += 1;
    }
    return this.#text.slice(start, this.#at).trim();
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    if (pattern.exec(this.#text)) this.#at = pattern.lastIndex;
  }
}
