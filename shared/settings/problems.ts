import type * as z from 'zod';

/** One thing wrong with the settings. */
export interface Problem {
  /** `auth.json: login.cookieExpiration.timeToExpiration`, or the name of an app setting. */
  readonly path: string;
  /** What stands there; never the value of a secret. */
  readonly found: string;
  readonly expected: string;
}

/** Every problem on a line of its own, whatever the names of unknown properties hold. */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems
    .map(({ path, found, expected }) => `  - ${path}: found ${found}, expected ${expected}`)
    .map((line) => line.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?'));
  return [`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the settings:`, ...lines].join('\n');
}

/** What a schema makes of an input; where it refuses, the problems, with `nameOf` what stands at a path. */
export function checked<T>(
  nameOf: (path: string) => string,
  schema: z.ZodType<T>,
  input: unknown,
  problems: Problem[],
): T | undefined {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  problems.push(...result.error.issues.flatMap((issue) => issueProblems(nameOf, issue)));
  return undefined;
}

function issueProblems(nameOf: (path: string) => string, issue: z.core.$ZodIssue): Problem[] {
  const at = (...further: PropertyKey[]) => nameOf([...issue.path, ...further].map(String).join('.') || 'the document');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: at(key), found: 'an unknown property', expected: 'no such property' }));
  }
  return [{ path: at(), found: shown(issue), expected: expectation(issue) }];
}

function expectation(issue: z.core.$ZodIssue): string {
  const isOurs = !issue.message.startsWith('Invalid input');
  if (issue.code === 'invalid_type' && !isOurs) return `a value of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(', ');
  return issue.message;
}

/** Where the name of a secret's app setting belongs, the secret itself is easily put. */
const placeOfSecret = /(^|\.)(\w+SettingName|clientCredential)$/;
/** No secret that is worth the name is as short, and few settings are longer. In characters. */
const longestQuote = 32;

/**
 * What was found, as far as a log may tell. The settings with a schema hold no secrets, but whoever mixes two settings
 * up has put one there: so only short texts are quoted, and of a URL only its origin and path.
 */
function shown({ input, path }: z.core.$ZodIssue): string {
  if (input === undefined) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'an object';
  if (typeof input !== 'string') return String(input);
  if (placeOfSecret.test(path.map(String).join('.'))) return 'something else, which is not shown';
  if (input.includes('://') && URL.canParse(input)) {
    const { protocol, host, pathname } = new URL(input);
    const plain = `${protocol}//${host}${pathname}`;
    return plain === input || `${input}/` === plain ? `"${input}"` : `"${plain}" and more`;
  }
  return input.length > longestQuote ? `a text of ${input.length} characters` : JSON.stringify(input);
}
