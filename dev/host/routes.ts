import { onBehalfOf } from './function-error.ts';
import { compileRoute, type RouteParameters, type RoutePath } from './route-template.ts';

/** A function with an HTTP trigger. */
export interface HttpRoute {
  /** The function's name. */
  name: string;
  /** As registered, without the prefix; the name itself when none was given. */
  route: string;
  /** In capital letters; none means any. */
  methods: readonly string[];
}

/** `matched`, or why not: `methodNotAllowed` says that the path has functions, but none for the method. */
type RouteMatch<T> =
  | { kind: 'matched'; value: T; parameters: RouteParameters }
  | { kind: 'methodNotAllowed' }
  | { kind: 'noRoute' };

export type Router<T> = (method: string, path: string) => RouteMatch<T>;

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The order in which the host tries functions: by name, ordinal, case ignored (azure-functions-host#9876). */
export const byName = (a: { name: string }, b: { name: string }) =>
  compareText(a.name.toUpperCase(), b.name.toUpperCase());

/**
 * Routes as the Functions host does: functions in the order of their names, and the first whose path and method match
 * wins; how specific a route is does not matter. Paths ignore case, and so do methods.
 * Source: https://github.com/Azure/azure-functions-host (`ScriptHost.ValidateHttpFunction`, `HttpRoutesConflict`,
 * `WebScriptHostHttpRoutesManager`)
 *
 * @param prefix `extensions.http.routePrefix` of host.json; empty for none.
 * @throws Error in one sentence for a reserved or malformed route, and for two functions on one route and method.
 */
export function createRouter<T extends HttpRoute>(functions: readonly T[], prefix: string): Router<T> {
  const ordered = functions.toSorted(byName);
  refuseReserved(ordered);
  refuseConflicts(ordered);
  const table = ordered.map((value) => {
    const route = prefix === '' ? value.route : `${prefix}/${value.route}`;
    return { value, template: onBehalfOf(value.name, () => compileRoute(route)) };
  });
  return (method, path) => {
    const routePath = splitPath(path);
    let pathKnown = false;
    for (const { value, template } of table) {
      const parameters = template(routePath);
      if (parameters === undefined) continue;
      if (allows(value, method)) return { kind: 'matched', value, parameters };
      pathKnown = true;
    }
    return { kind: pathKnown ? 'methodNotAllowed' : 'noRoute' };
  };
}

const allows = ({ methods }: HttpRoute, method: string) => methods.length === 0 || methods.includes(method);

const bare = (route: string) => route.replace(/^\/+|\/+$/g, '').toLowerCase();

function refuseReserved(functions: readonly HttpRoute[]): void {
  for (const { name, route } of functions) {
    if (/^(admin|runtime)/.test(bare(route))) {
      throw new Error(
        `Function "${name}": the route "${route}" conflicts with one or more built in routes; ` +
          'no route may begin with "admin" or "runtime".',
      );
    }
  }
}

function refuseConflicts(functions: readonly HttpRoute[]): void {
  functions.forEach((one, index) => {
    const other = functions
      .slice(0, index)
      .find((each) => bare(each.route) === bare(one.route) && methodsOverlap(each, one));
    if (other !== undefined) {
      throw new Error(
        `Function "${one.name}": the route "${one.route}" conflicts with the route of function "${other.name}".`,
      );
    }
  });
}

const methodsOverlap = (one: HttpRoute, other: HttpRoute) =>
  one.methods.length === 0 ||
  other.methods.length === 0 ||
  one.methods.some((method) => other.methods.includes(method));

/** Decodes a raw path as Kestrel does: each percent escape but `%2F`, and dot segments resolved. */
function splitPath(path: string): RoutePath {
  const plain = /\/\.{1,2}(\/|$)|%2e/i.test(path)
    ? new URL(path.replace(/^\/+/, '/'), 'http://localhost').pathname
    : path;
  const endsWithSlash = plain.length > 1 && plain.endsWith('/');
  const inner = plain.slice(1, endsWithSlash ? -1 : undefined);
  if (inner === '') return { segments: [], endsWithSlash };
  const segments = inner.split('/').map((raw) => {
    const text = raw.includes('%') ? decode(raw) : raw;
    return { text, lowerCase: text.toLowerCase() };
  });
  return { segments, endsWithSlash };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment.replaceAll(/%(2f)/gi, '%25$1'));
  } catch {
    return segment;
  }
}
