import { badParameter } from './errors.ts';

/** Each operation with the data action that Azure RBAC asks for it. */
export const actions = {
  getKey: 'keys/read',
  getKeyVersions: 'keys/read',
  createKey: 'keys/create/action',
  importKey: 'keys/import/action',
  updateKey: 'keys/update/action',
  rotateKey: 'keys/rotate/action',
  deleteKey: 'keys/delete',
  getDeletedKey: 'keys/read',
  recoverDeletedKey: 'keys/recover/action',
  wrapKey: 'keys/wrap/action',
  unwrapKey: 'keys/unwrap/action',
  encrypt: 'keys/encrypt/action',
  decrypt: 'keys/decrypt/action',
  sign: 'keys/sign/action',
  verify: 'keys/verify/action',
};
type Operation = keyof typeof actions;

/** What a request asks for, and of which key. Without a version the latest is meant. */
export interface Call {
  operation: Operation;
  name: string;
  version: string | undefined;
}

const onKey = new Map<string, Operation>([
  ['GET', 'getKey'],
  ['PUT', 'importKey'],
  ['PATCH', 'updateKey'],
  ['DELETE', 'deleteKey'],
]);

const onVersion = new Map<string, Operation>([
  ['wrapkey', 'wrapKey'],
  ['unwrapkey', 'unwrapKey'],
  ['encrypt', 'encrypt'],
  ['decrypt', 'decrypt'],
  ['sign', 'sign'],
  ['verify', 'verify'],
]);

const posted = new Map<string, Operation>([['create', 'createKey'], ['rotate', 'rotateKey'], ...onVersion]);

/**
 * Reads the call from the request line. An empty segment counts as absent, because clients write the latest version as
 * `/keys/{name}/` and `/keys/{name}//sign`.
 * Paths: https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups
 *
 * @returns undefined when the emulator has no such operation.
 * @throws KeyVaultError 400 when the name is not one that Key Vault allows (1 to 127 letters, digits and hyphens).
 */
export function callOf(method: string, path: string): Call | undefined {
  const [collection, name, ...rest] = path.split('/').filter((segment) => segment !== '');
  if (name === undefined) return undefined;
  const matched =
    collection === 'keys'
      ? keyCall(method, rest)
      : collection === 'deletedkeys'
        ? deletedKeyCall(method, rest)
        : undefined;
  if (matched?.operation === undefined) return undefined;
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) throw badParameter('The request URI contains an invalid name.');
  return { operation: matched.operation, name, version: matched.version };
}

interface Matched {
  operation: Operation | undefined;
  version?: string;
}

function keyCall(method: string, [first, second, ...more]: string[]): Matched | undefined {
  if (more.length > 0) return undefined;
  if (first === undefined) return { operation: onKey.get(method) };
  if (second !== undefined) {
    return method === 'POST' ? { operation: onVersion.get(second.toLowerCase()), version: first } : undefined;
  }
  if (method === 'POST') return { operation: posted.get(first.toLowerCase()) };
  if (method === 'GET' && first === 'versions') return { operation: 'getKeyVersions' };
  return method === 'GET' || method === 'PATCH' ? { operation: onKey.get(method), version: first } : undefined;
}

function deletedKeyCall(method: string, rest: string[]): Matched | undefined {
  if (method === 'GET' && rest.length === 0) return { operation: 'getDeletedKey' };
  if (method === 'POST' && rest.length === 1 && rest[0] === 'recover') return { operation: 'recoverDeletedKey' };
  return undefined;
}
