import { type ParameterTest, parseConstraints } from './route-constraints.ts';

/** Values of the route's parameters, percent-decoded; an optional one that the path lacks is left out. */
export type RouteParameters = Record<string, string>;

/** A request's path, split and decoded. A slash at its end makes no segment, but `{*rest}` keeps it. */
export interface RoutePath {
  segments: readonly { text: string; lowerCase: string }[];
  endsWithSlash: boolean;
}

/** Undefined is no match. */
export type RouteTemplate = (path: RoutePath) => RouteParameters | undefined;

interface Parameter {
  name: string;
  /** `once` takes one segment, `maybe` one or none, `rest` all that are left, none included. */
  takes: 'once' | 'maybe' | 'rest';
  tests: ParameterTest[];
}

type Part = string | Parameter;

type Segment =
  | { kind: 'literal'; lowerCase: string }
  | { kind: 'parameter'; parameter: Parameter }
  | { kind: 'mixed'; pattern: RegExp; parameters: Parameter[] };

/**
 * Compiles a route of an HTTP trigger: literals, `{name}`, `{name?}`, `{*rest}`, several of them in one segment
 * (`file-{name}.json`), and some constraints (`route-constraints.ts`). Case does not matter.
 * Source: https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
 *
 * @throws Error in one sentence for what is malformed, or right but unknown here.
 */
export function compileRoute(route: string): RouteTemplate {
  const segments = splitRoute(route).map(toSegment);
  const names = new Set<string>();
  segments.forEach((segment, index) => {
    if (segment.kind === 'literal') return;
    for (const { name, takes } of segment.kind === 'mixed' ? segment.parameters : [segment.parameter]) {
      const lowerCase = name.toLowerCase();
      if (names.has(lowerCase)) throw new Error(`The route "${route}" has two parameters {${name}}.`);
      names.add(lowerCase);
      const alone = segment.kind === 'parameter' && index === segments.length - 1;
      if (takes !== 'once' && !alone) throw new Error(`{${name}} must be the last segment of the route "${route}".`);
    }
  });
  return (path) => matchSegments(segments, path);
}

/** Cuts a route at its slashes and braces; `{{` and `}}` stand for a brace. */
function splitRoute(route: string): Part[][] {
  const text = route.replace(/^(~?\/)/, '').replace(/\/$/, '');
  if (text === '') return [];
  const segments: Part[][] = [[]];
  for (const [token] of text.matchAll(/\/|\{\{|\}\}|\{(?:[^{}]|\{\{|\}\})*\}|[^/{}]+|./g)) {
    const segment = segments.at(-1) ?? [];
    if (token === '/') segments.push([]);
    else if (token === '{{' || token === '}}') segment.push(token.slice(1));
    else if (token === '{' || token === '}') throw new Error(`The route "${route}" has a single "${token}".`);
    else segment.push(token.startsWith('{') ? toParameter(unescapeBraces(token.slice(1, -1))) : token);
  }
  if (segments.some((segment) => segment.length === 0)) {
    throw new Error(`The route "${route}" has two slashes in a row.`);
  }
  return segments;
}

const unescapeBraces = (text: string) => text.replaceAll('{{', '{').replaceAll('}}', '}');

function toParameter(text: string): Parameter {
  const [, stars, name, rest] = /^(\*{0,2})([^/{}?*:=]+)(.*)$/s.exec(text) ?? [];
  if (name === undefined || rest === undefined) throw new Error(`{${text}} is no route parameter.`);
  const optional = rest.endsWith('?');
  const tests = parseConstraints(optional ? rest.slice(0, -1) : rest, text);
  if (stars !== '') return { name, takes: 'rest', tests };
  return { name, takes: optional ? 'maybe' : 'once', tests };
}

function toSegment(parts: Part[]): Segment {
  const parameters = parts.filter((part) => typeof part !== 'string');
  const [first] = parameters;
  if (first === undefined) return { kind: 'literal', lowerCase: parts.join('').toLowerCase() };
  if (parts.length === 1) return { kind: 'parameter', parameter: first };
  if (parts.some((part, index) => typeof part !== 'string' && typeof parts[index - 1] === 'object')) {
    throw new Error(`{${first.name}} has another parameter right beside it: put a character between them.`);
  }
  const source = parts.map((part) => (typeof part === 'string' ? escapePattern(part) : '(.+)')).join('');
  return { kind: 'mixed', pattern: new RegExp(`^${source}$`, 'is'), parameters };
}

const escapePattern = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

function matchSegments(segments: readonly Segment[], path: RoutePath): RouteParameters | undefined {
  const values: RouteParameters = {};
  for (const [index, segment] of segments.entries()) {
    const actual = path.segments[index];
    if (segment.kind === 'parameter' && segment.parameter.takes === 'rest') {
      const rest = path.segments.slice(index).map(({ text }) => text);
      if (rest.length === 0) return values;
      return capture(segment.parameter, rest.join('/') + (path.endsWithSlash ? '/' : ''), values) ? values : undefined;
    }
    if (actual === undefined) {
      return segment.kind === 'parameter' && segment.parameter.takes === 'maybe' ? values : undefined;
    }
    if (segment.kind === 'literal') {
      if (segment.lowerCase !== actual.lowerCase) return undefined;
    } else if (segment.kind === 'parameter') {
      if (actual.text === '' || !capture(segment.parameter, actual.text, values)) return undefined;
    } else {
      const found = segment.pattern.exec(actual.text);
      if (found === null) return undefined;
      if (!segment.parameters.every((each, group) => capture(each, found[group + 1] ?? '', values))) return undefined;
    }
  }
  return path.segments.length > segments.length ? undefined : values;
}

function capture({ name, tests }: Parameter, value: string, into: RouteParameters): boolean {
  into[name] = value;
  return tests.every((test) => test(value));
}
