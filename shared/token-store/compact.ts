/**
 * Whether a text is a compact serialization (RFC 7515, 7516) of that many parts, each spelled as its bytes encode to.
 * Base64url leaves some bits of a last character without meaning and readers are lenient with others, so that without
 * this check some bytes of a blob could be changed unseen.
 */
export function isCompact(text: string, parts: 3 | 5): boolean {
  const found = text.split('.');
  return found.length === parts && found.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}
