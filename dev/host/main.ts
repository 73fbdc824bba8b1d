import { type FunctionSummary, startHost } from './host.ts';
import { applySettings, readLocalSettings } from './local-settings.ts';

/**
 * The command `npm run host`: the function host alone, for the app in the working directory, on `PORT` (7071). App
 * settings come from local.settings.json, and the environment wins.
 *
 * A signal ends it gracefully, a second one at once. As a child process with an IPC channel it sends
 * `{ type: 'ready', port }`, and ends when the channel does.
 */
async function main(): Promise<void> {
  const root = process.cwd();
  const settings = await readLocalSettings(root, process.env);
  applySettings(settings);
  const port = parsePort(settings.PORT ?? '7071');
  const starting = startHost({ root, port });

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= starting.then((host) => host.close()).then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => (closing === undefined ? close() : process.exit(1)));
  }
  process.on('disconnect', close);

  const host = await starting;
  console.log(table(host.functions, host.url));
  console.log(`Function host is ready on http://localhost:${host.port}`);
  process.send?.({ type: 'ready', port: host.port });
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new Error(`PORT must be a number from 0 to 65535, not "${text}".`);
}

function table(functions: readonly FunctionSummary[], url: string): string {
  const rows = functions.map(({ name, kind, methods = [], route, schedule, queue }) => {
    if (kind === 'http') return [name, methods.join(',') || 'any method', `${url}/${route}`];
    return [name, kind, schedule ?? queue ?? ''];
  });
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const widths = [width(0), width(1)];
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`);
  return ['Functions:', '', ...lines, ''].join('\n');
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

main().catch(fail);
