import type { SessionToken } from '../../telemetry/secret.ts';
import type { Session } from '../../token-store/session.ts';

/** What mobile clients and SPAs that carry the session token themselves are given: App Service's shape. */
export interface TokenReply {
  readonly authenticationToken: string;
  readonly user: { readonly userId: string };
}

export function tokenReply(session: Session, token: SessionToken): TokenReply {
  return { authenticationToken: token.reveal(), user: { userId: session.sid } };
}
