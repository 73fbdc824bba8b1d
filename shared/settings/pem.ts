import type { KeyObject, X509Certificate } from 'node:crypto';

/** Loading it takes time at each start, and most apps have no PEM in their settings. */
const crypto = () => process.getBuiltinModule('node:crypto');

/**
 * The PEM that an app setting holds, with real line breaks: settings have one line, so breaks may be written `\n`, or
 * the whole may be in base64. Undefined where there is none, as in an ordinary client secret.
 */
export function pemText(value: string): string | undefined {
  const text = value.includes(begin) ? value : Buffer.from(value, 'base64').toString('latin1');
  return text.includes(begin)
    ? text
        .replace(/\\r|\r/g, '')
        .replaceAll('\\n', '\n')
        .trim()
    : undefined;
}

const begin = '-----BEGIN ';

/** The private key in a PEM text; undefined where none can be read. Passwords are not asked for. */
export function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return crypto().createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** The first certificate in a PEM text; undefined where none can be read. */
export function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new (crypto().X509Certificate)(pem);
  } catch {
    return undefined;
  }
}

/** SHA-1 over the certificate, as Azure shows it: 40 hex digits. */
export function thumbprintOf({ fingerprint }: X509Certificate): string {
  return fingerprint.replaceAll(':', '');
}
