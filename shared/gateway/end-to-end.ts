/** Fields that are about one connection (RFC 9110 section 7.6.1), and their like before there was that rule. */
const hopByHop: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The names, in lower case, of what is about one connection: these fields, and those that `Connection` lists. */
export function connectionFields(connection: string | null | undefined): ReadonlySet<string> {
  return new Set([...hopByHop, ...(connection ?? '').split(',').map((name) => name.trim().toLowerCase())]);
}

/** The fields that a proxy passes on. */
export function endToEnd(headers: Headers): [name: string, value: string][] {
  const dropped = connectionFields(headers.get('connection'));
  return [...headers].filter(([name]) => !dropped.has(name));
}
