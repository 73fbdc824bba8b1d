import type { App } from '../../app.ts';
import type { PrincipalSource } from '../../sessions/principal-headers.ts';
import type { Entry } from '../../token-store/session.ts';

/** What says who the user of an entry is, also where its provider is configured no more. */
export function principalSource(
  name: string,
  { claims, subject }: Entry,
  { provider, settings }: App,
): PrincipalSource {
  const from = provider(name);
  return {
    name,
    principalId: from?.principalId(claims, subject) ?? subject,
    displayName: from?.displayName(claims, subject) ?? subject,
    claimTypes: from?.claimTypes ?? { types: {} },
    legacyClaims: settings.claims.legacy,
  };
}
