import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line that the app has logged on one of the hosts. */
export interface Logged {
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: string;
  readonly session?: string;
  readonly reason?: string;
  /** An error code. */
  readonly error?: string;
}

/** What the hosts have logged into their files below `directory`. */
export function readHostLogs(directory: string): Logged[] {
  const files = readdirSync(directory).filter((name) => /^host-\d+\.log$/.test(name));
  return files.flatMap((file) => {
    const host = file.slice(0, -'.log'.length).replace('-', ' ');
    const lines = readFileSync(join(directory, file), 'utf8').split('\n');
    return lines.flatMap((line) => loggedIn(line, host) ?? []);
  });
}

/** The app's lines are JSON; a host that was killed may have left half of one. */
function loggedIn(line: string, host: string): Logged | undefined {
  const [, json] = /(\{"time":.*\})\s*$/.exec(line) ?? [];
  if (json === undefined) return undefined;
  try {
    const { time, ...rest } = JSON.parse(json) as Omit<Logged, 'host' | 'at'> & { time: string };
    return { ...rest, host, at: Date.parse(time) };
  } catch {
    return undefined;
  }
}
