import { createHash, timingSafeEqual } from 'node:crypto';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { ExposedToken, Settings } from '../../settings/settings.ts';

/**
 * The kinds of tokens that an answer of verify may hold. Anybody can call it, a script of the page too: so only what
 * such a script may see anyway, unless the proxy shows its key. Throws `proxy_key_refused`.
 */
export function kindsFor(
  { headers }: Request,
  { headerTokens, exposedTokens, proxyKey }: Pick<Settings, 'headerTokens' | 'exposedTokens' | 'proxyKey'>,
): readonly ExposedToken[] {
  const shown = headers.get('x-tokenkeep-proxy-key');
  if (!shown) return headerTokens.filter((kind) => exposedTokens.includes(kind));
  if (!proxyKey || !timingSafeEqual(sha256(shown), sha256(proxyKey.reveal()))) {
    throw new TokenkeepError('proxy_key_refused');
  }
  return headerTokens;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
