import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from './json-file.ts';

const schema = z.object({
  IsEncrypted: z.literal(false).optional(),
  Values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
});

/**
 * The `Values` of local.settings.json in `root`, with `environment` winning over the file; no file, no values.
 * Source: https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file
 *
 * @throws Error in one sentence that names no value, for a file that is no JSON, is encrypted, or is malformed.
 */
export async function readLocalSettings(root: string, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const document = await readJsonFile(join(root, 'local.settings.json'));
  if (document === undefined) return { ...environment };
  const result = schema.safeParse(document);
  if (result.success) return { ...result.data.Values, ...environment };
  const [issue] = result.error.issues;
  if (issue?.path[0] === 'IsEncrypted') {
    throw new Error('local.settings.json is encrypted: run "func settings decrypt" first.');
  }
  throw new Error(`local.settings.json is wrong: ${issue?.path.join('.')}: expected a string.`);
}

/** Gives `settings` to the app as its environment. Returns: puts back what was there. */
export function applySettings(settings: NodeJS.ProcessEnv): () => void {
  const before = new Map(Object.keys(settings).map((name) => [name, process.env[name]]));
  Object.assign(process.env, settings);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
