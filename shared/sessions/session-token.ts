import { type CryptoKey, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { type Clock, type EpochSeconds, seconds } from '../platform.ts';
import { providerName } from '../providers/provider-name.ts';
import { Secret, type SessionToken, type SigningKey } from '../telemetry/secret.ts';
import type { KeyRing } from '../token-store/key-ring.ts';
import { isEpochNumber } from '../token-store/names.ts';
import { keepRecent } from '../token-store/recently-used.ts';
import type { Session } from '../token-store/session.ts';

/** The 256-bit random key of a session as base64url: the `jti` of its tokens. Its hash names the blob. */
export type SessionKey = string & { readonly brand: 'SessionKey' };

/** What a session token says, once verified. */
export type SessionClaims = {
  readonly provider: string;
  readonly expiresAt: EpochSeconds;
} & (
  | { readonly key: SessionKey; readonly sid: string }
  /**
   * One that was signed elsewhere with WEBSITE_AUTH_SIGNING_KEY: the names by which it knows the user. Servers make such
   * tokens for themselves, naming the user in `nameid`; without that it is a session token of App Service.
   */
  | { readonly key?: never; readonly userNames: readonly string[]; readonly isOldSession: boolean }
);

/**
 * Session tokens: JWTs with the claims of App Service's (`sub`, `stable_sid`, `idp`, `ver`), signed ES256 by the key
 * ring so that anybody can verify them with `/.auth/keys`; or by WEBSITE_AUTH_SIGNING_KEY where servers share that.
 */
export interface SessionTokens {
  issue(session: Session, key: SessionKey): Promise<SessionToken>;
  /** Throws `session_token_invalid`, or `session_expired` more than `extension` seconds after its end. */
  verify(token: SessionToken, extension: number): Promise<SessionClaims>;
  /** Whether a token says that it is one of ours, or is none at all: to be known before anything is verified. */
  isOurs(token: SessionToken): boolean;
}

/** Verified tokens that a process remembers, so that a signature is checked once and not with every request. */
const rememberedTokens = 5_000;
/** Longer tokens are not looked at: ours have some 600 characters. */
const longestToken = 4096;
const sessionKey = /^[\w-]{43}$/;
/** The clock of whoever made a token may be ahead by this much, in seconds. */
const clockTolerance = 300;

export function createSessionTokens(
  { publicOrigin, hideDeprecatedSid = false }: { readonly publicOrigin: string; readonly hideDeprecatedSid?: boolean },
  ring: KeyRing,
  clock: Clock,
  sharedKey: { readonly key: SigningKey; readonly bytes: Uint8Array } | undefined,
): SessionTokens {
  const issuer = `${publicOrigin}/`;
  const sharedAlgorithm = sharedKey && hmacAlgorithm(sharedKey.bytes.length);
  const remembered = new Map<string, SessionClaims>();

  async function verificationKey(token: string): Promise<CryptoKey | Uint8Array> {
    const { alg, kid } = decodeProtectedHeader(token);
    if (sharedKey && alg === sharedAlgorithm) return sharedKey.bytes;
    if (alg !== 'ES256' || kid === undefined || !isEpochNumber(kid)) throw new TokenkeepError('session_token_invalid');
    return (await ring.epoch(kid)).sessionSigning.publicKey;
  }

  return {
    isOurs(token) {
      try {
        return decodeJwt(token.reveal()).iss === issuer;
      } catch {
        return true;
      }
    },

    async issue(session, key) {
      // Version 4 is App Service's since WEBSITE_AUTH_HIDE_DEPRECATED_SID; our `sub` was stable always.
      const stable = hideDeprecatedSid ? {} : { stable_sid: session.sid };
      const jwt = new SignJWT({ ...stable, idp: session.provider, ver: hideDeprecatedSid ? '4' : '3' })
        .setSubject(session.sid)
        .setIssuer(issuer)
        .setAudience(issuer)
        .setJti(key)
        .setIssuedAt(seconds(clock))
        .setNotBefore(seconds(clock))
        .setExpirationTime(session.expiresAt);
      if (sharedKey && sharedAlgorithm) {
        const signed = await jwt.setProtectedHeader({ typ: 'JWT', alg: sharedAlgorithm }).sign(sharedKey.bytes);
        return new Secret('session_token', signed);
      }
      const epoch = await ring.newest();
      const header = { typ: 'JWT', alg: 'ES256', kid: epoch.number };
      return new Secret('session_token', await jwt.setProtectedHeader(header).sign(epoch.sessionSigning.privateKey));
    },

    async verify(token, extension) {
      const text = token.reveal();
      const claims = remembered.get(text) ?? (await check(text));
      if (claims.expiresAt + extension <= seconds(clock)) {
        remembered.delete(text);
        throw new TokenkeepError('session_expired');
      }
      return keepRecent(remembered, text, claims, rememberedTokens);
    },
  };

  /** Everything but the expiry, which is compared anew each time. */
  async function check(text: string): Promise<SessionClaims> {
    if (text.length > longestToken) throw new TokenkeepError('session_token_invalid', { detail: 'it is too long' });
    const claims = await verified(async () => {
      const key = await verificationKey(text);
      return jwtVerify(text, key, {
        issuer,
        audience: issuer,
        algorithms: ['ES256', ...(sharedAlgorithm ? [sharedAlgorithm] : [])],
        requiredClaims: ['exp', 'idp'],
        clockTolerance: Number.MAX_SAFE_INTEGER,
        currentDate: new Date(clock.now()),
      });
    });
    const { jti, sub = '', exp = 0, nbf = 0, idp } = claims;
    if (typeof idp !== 'string') throw new TokenkeepError('session_token_invalid');
    if (nbf > seconds(clock) + clockTolerance) {
      throw new TokenkeepError('session_token_invalid', { detail: 'it is not good yet' });
    }
    const common = { provider: providerName(idp), expiresAt: exp };
    if (jti !== undefined && sessionKey.test(jti)) return { ...common, key: jti as SessionKey, sid: sub };
    // Only who holds the shared key can leave the session's key out: ours always have one.
    const { nameid, stable_sid } = claims;
    const userNames = [nameid, stable_sid, sub].filter(isName);
    if (decodeProtectedHeader(text).alg !== sharedAlgorithm || userNames.length === 0) {
      throw new TokenkeepError('session_token_invalid', { detail: 'it names neither a session nor a user' });
    }
    return { ...common, userNames, isOldSession: nameid === undefined };
  }
}

function isName(claim: unknown): claim is string {
  return typeof claim === 'string' && claim !== '';
}

/** The strongest HMAC the key is long enough for, as App Service's SDK chooses. */
function hmacAlgorithm(keyBytes: number): string {
  if (keyBytes > 48) return 'HS512';
  return keyBytes > 32 ? 'HS384' : 'HS256';
}

async function verified(verify: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verify()).payload;
  } catch (cause) {
    const isOurs = cause instanceof TokenkeepError;
    if (isOurs && cause.code !== 'seal_epoch_unknown') throw cause;
    throw new TokenkeepError('session_token_invalid', { cause });
  }
}
