import { TokenkeepError } from '../errors/tokenkeep-error.ts';
import { codeChallenge } from './app-code.ts';

/** How the app gets the session once the user has signed in. */
export type Ending =
  /** The browser lands on `target`, else on the completion page: with a cookie, or the session token in the fragment. */
  | { readonly kind: 'cookie' | 'token'; readonly target?: string }
  /** So too, with a code in the fragment that the app exchanges. */
  | { readonly kind: 'code'; readonly target?: string; readonly challenge: string }
  /** In a window of its own, a page tells the page of `origin` that opened it, by message or by a frame of ours in it. */
  | { readonly kind: 'message' | 'frame'; readonly origin: string };

/** The parameters that say how a sign-in is to end. */
export const endingParameters = [
  'post_login_redirect_uri',
  'post_login_redirect_url',
  'session_mode',
  'code_challenge',
  'code_challenge_method',
  'completion_type',
  'completion_origin',
] as const;

export type EndingParameters = { readonly [Name in (typeof endingParameters)[number]]?: string };

/** Where a sign-in may end. */
export interface EndingRules {
  /** The absolute address that a requested one means. Throws `redirect_not_allowed`. */
  readonly addressOf: (requested: string) => string;
  /** Whether pages of this origin may be given a session token. */
  readonly trusts: (origin: string) => boolean;
}

/**
 * The ending that a login asks for. A window of its own, or a code, is asked for together with `session_mode=token` by
 * some of Microsoft's clients and without it by others, so it goes before that. Throws `request_malformed` or
 * `redirect_not_allowed`.
 */
export function requestedEnding(parameters: EndingParameters, rules: EndingRules): Ending {
  const { session_mode: mode = 'cookie', code_challenge, code_challenge_method, completion_type } = parameters;
  if (mode !== 'cookie' && mode !== 'token') throw malformed('session_mode is token or cookie');
  const requested = parameters.post_login_redirect_uri ?? parameters.post_login_redirect_url;
  const landing = requested === undefined ? {} : { target: rules.addressOf(requested) };
  const hasChallenge = code_challenge !== undefined || code_challenge_method !== undefined;
  if (completion_type !== undefined) {
    if (hasChallenge) throw malformed('completion_type and code_challenge exclude each other');
    const kind = windowKind(completion_type);
    return { kind, origin: completionOrigin(parameters.completion_origin, rules.trusts) };
  }
  if (!hasChallenge) return { kind: mode, ...landing };
  // RFC 7636 section 4.4.1: `plain` may be refused, and is the method where none is named.
  if (code_challenge_method !== 'S256') throw malformed('code_challenge_method is S256');
  const challenge = codeChallenge(code_challenge ?? '');
  if (challenge === undefined) throw malformed('code_challenge is a SHA-256 hash in base64url or base64');
  return { kind: 'code', ...landing, challenge };
}

/** The origin that a window of its own, or a frame, tells the outcome. Throws `redirect_not_allowed`. */
export function completionOrigin(requested: string | undefined, trusts: EndingRules['trusts']): string {
  const url = requested === undefined ? null : URL.parse(requested);
  if (url?.href !== `${url?.origin}/` || !trusts(url.origin)) {
    throw new TokenkeepError('redirect_not_allowed', { detail: 'completion_origin' });
  }
  return url.origin;
}

function windowKind(type: string): 'message' | 'frame' {
  if (type === 'postMessage') return 'message';
  if (type === 'iframe') return 'frame';
  throw malformed('completion_type is postMessage or iframe');
}

function malformed(detail: string): TokenkeepError {
  return new TokenkeepError('request_malformed', { detail });
}
