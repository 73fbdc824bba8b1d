import type { z } from 'zod';

/** One thing wrong with the settings. */
export interface Problem {
  /** `auth.json: login.cookieExpiration.timeToExpiration`, or the name of an app setting. */
  readonly path: string;
  /** What stands there; never the value of a secret. */
  readonly found: string;
  readonly expected: string;
}

/** Every problem on a line of its own. */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems.map(({ path, found, expected }) => `  - ${path}: found ${found}, expected ${expected}`);
  return [`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the settings:`, ...lines].join('\n');
}

/** The problems of a document that a schema refused. Parse with `reportInput` so that what was found can be said. */
export function schemaProblems(source: string, error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => issueProblems(source, issue));
}

function issueProblems(source: string, issue: z.core.$ZodIssue): Problem[] {
  const at = (...further: PropertyKey[]) =>
    `${source}: ${[...issue.path, ...further].map(String).join('.') || 'the document'}`;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: at(key), found: 'an unknown property', expected: 'no such property' }));
  }
  return [{ path: at(), found: shown(issue.input), expected: expectation(issue) }];
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  return issue.message;
}

/** What was found, cut to a readable length. auth.json holds no secrets, only the names of app settings that do. */
function shown(input: unknown): string {
  if (input === undefined) return 'nothing';
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
