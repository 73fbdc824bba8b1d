// The two readers of .funcignore, which differ. `path` is below the app's folder, with slashes. Both are told here in as
// much as the file uses: lines that begin with a slash, stars, and no negation.

/**
 * Core Tools: every line is the beginning of a path; what follows a word is not looked at. GitIgnoreParser.cs in
 * https://github.com/Azure/azure-functions-core-tools, and FileSystemHelpers.cs for what it leaves out by itself.
 */
export function coreToolsPublish(lines: readonly string[], path: string): boolean {
  const [folder = ''] = path.split('/');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (['.git', '.vscode'].includes(folder)) return false;
  if (['.funcignore', '.gitignore', 'local.settings.json'].includes(name)) return false;
  const patterns = lines.map((line) => `(${escaped(line.slice(1)).replaceAll('*', '([^\\/]+)')})`);
  return !new RegExp(`^(${patterns.join('|')})\\b`).test(path);
}

/**
 * azd: as git, folder by folder, except that a star in a line without a further slash matches slashes too.
 * project_utils.go in https://github.com/Azure/azure-dev, by https://github.com/denormal/go-gitignore.
 */
export function azdPublishes(lines: readonly string[], path: string): boolean {
  const names = path.split('/');
  if (names.includes('.azure') || ['.funcignore', 'local.settings.json'].includes(names.at(-1) ?? '')) return false;
  const ancestry = names.map((_, index) => names.slice(0, index + 1).join('/'));
  return !ancestry.some((one) => azdIgnores(lines, one));
}

/** Whether one file or folder is ignored, whatever happens to the folders above it. */
export function azdIgnores(lines: readonly string[], path: string): boolean {
  return lines.some((line) => {
    const pattern = line.slice(1);
    const star = pattern.includes('/') ? '[^/]*' : '.*';
    return new RegExp(`^${escaped(pattern).replaceAll('*', star)}$`).test(path);
  });
}

function escaped(pattern: string): string {
  return pattern.replace(/[-[\]/{}()+?.\\^$|]/g, '\\$&');
}
