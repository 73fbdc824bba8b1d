import { isSecureOrLoopback } from '../http/loopback.ts';

/** What a container SAS URL grants, read from its parameters without asking the service. */
export interface SasGrant {
  /** Seconds since 1970 UTC; absent where a stored access policy sets it. */
  readonly expiresAt?: number;
  readonly deletes: boolean;
}

/**
 * Reads a container SAS URL: what it grants, or in words what is expected instead. Never quotes the URL.
 * Parameters: https://learn.microsoft.com/rest/api/storageservices/create-service-sas.
 */
export function readSasUrl(
  text: string,
  now: number,
): SasGrant | { readonly found: string; readonly expected: string } {
  const expected = 'a container SAS URL with read, write and list (sr=c, sp=rwl or rwdl)';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return { found: 'text that is not a URL', expected };
  if (!isSecureOrLoopback(url)) return { found: 'a URL that is not https', expected };
  if (url.pathname.replace(/\/$/, '').length < 2) return { found: 'a URL that names no container', expected };
  const parameter = (name: string) => url.searchParams.get(name) || undefined;
  if (parameter('sig') === undefined) return { found: 'a URL without a signature (sig)', expected };
  if (parameter('sr') !== 'c') return { found: 'a SAS that is not scoped to a container', expected };

  const permissions = parameter('sp');
  const policy = parameter('si');
  const missing = ['r', 'w', 'l'].filter((permission) => !permissions?.includes(permission));
  if (policy === undefined && missing.length > 0)
    return { found: `a SAS without permission ${missing.join(', ')}`, expected };

  const expiry = parameter('se');
  const expiresAt = expiry === undefined ? undefined : Date.parse(expiry) / 1000;
  if (Number.isNaN(expiresAt) || (policy === undefined && expiresAt === undefined)) {
    return { found: 'a SAS without an expiry (se) that can be read', expected };
  }
  if (expiresAt !== undefined && expiresAt <= now) {
    return {
      found: `a SAS that expired at ${new Date(expiresAt * 1000).toISOString()}`,
      expected: 'one that is valid',
    };
  }
  return {
    ...(expiresAt === undefined ? {} : { expiresAt }),
    deletes: permissions?.includes('d') ?? true,
  };
}
