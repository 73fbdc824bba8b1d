export type ParameterTest = (value: string) => boolean;

const byName: Record<string, ParameterTest> = {
  int: (value) => /^[+-]?\d+$/.test(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31,
  alpha: (value) => /^[a-z]*$/i.test(value),
  guid: (value) =>
    /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(value.replace(/^\{(.*)\}$|^\((.*)\)$/, '$1$2')),
};

/**
 * Reads the constraints of one route parameter, such as `:int` or `:alpha:regex(^[a-f]+$)`; a regex is the last.
 * Source: https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
 *
 * @param text what follows the parameter's name: empty, or beginning with a colon.
 * @param parameter the whole parameter, for the message.
 * @throws Error for default values (`=`), for other constraints, and for a regular expression that does not compile.
 */
export function parseConstraints(text: string, parameter: string): ParameterTest[] {
  const tests: ParameterTest[] = [];
  for (let rest = text; rest !== ''; ) {
    const regex = /^:regex\((.*)\)$/s.exec(rest)?.[1];
    if (regex !== undefined) {
      const pattern = new RegExp(regex, 'i');
      tests.push((value) => pattern.test(value));
      break;
    }
    const [whole, name] = /^:([a-z]+)(?=:|$)/.exec(rest) ?? [];
    const test = name === undefined ? undefined : byName[name];
    if (whole === undefined || test === undefined) {
      throw new Error(`{${parameter}} has a constraint that the local function host does not know ("${rest}").`);
    }
    tests.push(test);
    rest = rest.slice(whole.length);
  }
  return tests;
}
