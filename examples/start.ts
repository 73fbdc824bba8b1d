import { readdirSync } from 'node:fs';
import type { RunningExample } from './example.ts';

const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** `npm run example -- NAME`: an example on the local stack, until Ctrl-C. */
async function main([name = '']: readonly string[]): Promise<void> {
  if (!names.includes(name)) throw new Error(`npm run example -- NAME, which is one of: ${names.join(', ')}`);
  const { start } = (await import(`./${name}/start.ts`)) as { start(): Promise<RunningExample> };
  const started = start();
  let isEnding = false;
  // A Ctrl-C arrives twice, from the terminal and by npm, and may come before everything has started.
  const end = async () => {
    if (isEnding) return;
    isEnding = true;
    await (await started).close();
    process.exit(0);
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  console.log(`\n${(await started).instructions.join('\n')}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
