import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Provider, Target } from '../../providers/provider.ts';
import { providerName } from '../../providers/provider-name.ts';
import { single } from '../route.ts';

/** Which provider's entry `?provider=` means. */
export function wantedProvider(parameters: URLSearchParams): string | undefined {
  const name = single(parameters, 'provider');
  return name === undefined ? undefined : providerName(name);
}

/**
 * The further resource that `?resource=` or `?scope=` asks an access token for. Throws `request_malformed` where the
 * provider's tokens are good for one resource only, instead of giving a token for another one than was asked.
 */
export function targetIn(parameters: URLSearchParams, provider: Provider | undefined): Target | undefined {
  const [resource, scope] = [single(parameters, 'resource'), single(parameters, 'scope')];
  if (resource === undefined && scope === undefined) return undefined;
  if (!provider?.hasTargets) {
    throw new TokenkeepError('request_malformed', { detail: 'this provider gives tokens for one resource only' });
  }
  return { ...(resource === undefined ? {} : { resource }), ...(scope === undefined ? {} : { scope }) };
}
