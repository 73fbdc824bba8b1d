import { randomBytes } from 'node:crypto';
import type { RecordStore } from '../dev/provider/record-store.ts';

/** A grant at the demo provider, and its first refresh token. */
export interface CopiedGrant {
  readonly grantId: string;
  readonly refreshToken: string;
}

const aYear = 365 * 24 * 3600;

/**
 * Makes grants like that of a refresh token which a sign-in gave, each with a name and a family of tokens of its own:
 * to the provider they are as good as thousands of sign-ins. Throws Error where there is no such token.
 */
export function grantCopier(records: RecordStore, refreshToken: string): () => CopiedGrant {
  const token = records.get('RefreshToken', refreshToken);
  const grant = token?.grantId && records.get('Grant', token.grantId);
  if (!token || !grant) throw new Error('There is no such refresh token to copy.');
  const newName = () => randomBytes(32).toString('base64url');
  return () => {
    const copy = { grantId: newName(), refreshToken: newName() };
    records.put('Grant', copy.grantId, { ...grant, jti: copy.grantId }, aYear);
    records.put('RefreshToken', copy.refreshToken, { ...token, jti: copy.refreshToken, grantId: copy.grantId }, aYear);
    return copy;
  };
}
