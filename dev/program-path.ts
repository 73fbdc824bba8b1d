import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Where a program is: as the environment variable of its name says (`NGINX_PATH`), on the PATH, or where systems keep
 * those for the administrator; undefined where there is none.
 */
export function programPath(name: string): string | undefined {
  const { PATH = '', [`${name.toUpperCase()}_PATH`]: named } = process.env;
  const folders = [...PATH.split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return [...(named ? [named] : []), ...folders.map((folder) => join(folder, name))].find((path) => existsSync(path));
}
