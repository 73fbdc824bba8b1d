/** The readable parts of a JSON Web Token (RFC 7519). Nothing is verified. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Undefined where the token is not a signed JWT in compact form (RFC 7515 section 7.1), such as an opaque one. */
export function decodeJwt(token: string): DecodedJwt | undefined {
  const [first, second, third, ...more] = token.split('.');
  if (first === undefined || second === undefined || third === undefined || more.length > 0) return undefined;
  const header = jsonObject(first);
  const payload = jsonObject(second);
  return header && payload && typeof header['alg'] === 'string' ? { header, payload } : undefined;
}

function jsonObject(base64url: string): Record<string, unknown> | undefined {
  try {
    const bytes = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
