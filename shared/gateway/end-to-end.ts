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

/** The fields that a proxy passes on: all but those about a connection, and those that `Connection` names. */
export function endToEnd(headers: Headers): [name: string, value: string][] {
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...named]);
  return [...headers].filter(([name]) => !dropped.has(name));
}
