import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { refreshFailure, TokenEndpointError } from '../../shared/providers/oauth/token-endpoint.ts';
import type { Provider, RefreshResult } from '../../shared/providers/provider.ts';
import { type RefreshToken, Secret } from '../../shared/telemetry/secret.ts';
import type { Family, Ledger } from './ledger.ts';
import type { Process } from './process.ts';
import type { Draw } from './random.ts';

/** What a provider does about a refresh token that has been redeemed. */
export interface Manners {
  /**
   * `single-use`: whoever redeems one again ends the whole family. `grace`: not for so many seconds after the first time.
   * `reusable`: the token stays as it is.
   */
  readonly kind: 'single-use' | 'grace' | 'reusable';
  /** Seconds. */
  readonly grace: number;
  /** Seconds that an access token lives. */
  readonly life: number;
  /** Whether the access token stays the same while it is good. */
  readonly repeatsAccessToken: boolean;
  /** Seconds to wait, said by a provider that is busy; 0 for nothing said. */
  readonly retryAfter: number;
}

export function createModelProvider(manners: Manners, draw: Draw, now: () => number, ledger: Ledger) {
  const families = new Map<string, Family>();

  function redeem(family: Family, token: number): number | undefined {
    if (family.isRevoked) return undefined;
    if (manners.kind === 'reusable') return token;
    const redeemedAt = family.redeemedAt[token];
    if (redeemedAt !== undefined && (manners.kind === 'single-use' || now() - redeemedAt > manners.grace * 1000)) {
      family.isRevoked = true;
      return undefined;
    }
    family.redeemedAt[token] ??= now();
    return family.redeemedAt.push(undefined) - 1;
  }

  function answer(family: Family, token: number, issued: number | undefined): RefreshResult {
    if (issued === undefined) return refreshFailure(new TokenEndpointError('invalid_grant', 400));
    const period = Math.floor(now() / (manners.life * 500));
    const accessToken = manners.repeatsAccessToken ? `a${period}` : `a${now()}-${draw.fraction()}`;
    return {
      ok: true,
      tokens: {
        accessToken: new Secret('access_token', accessToken),
        expiresIn: manners.life,
        ...(issued === token ? {} : { refreshToken: tokenOf(family, issued) }),
      },
    };
  }

  function familyOf(token: RefreshToken): { family: Family; number: number } {
    const [name = '', number] = token.reveal().split('.');
    const family = families.get(name);
    if (!family) throw new Error('no refresh token of this provider');
    return { family, number: Number(number) };
  }

  /** As a process reaches it, under one of its names. */
  function reachedBy(process: Process, name: string): Provider {
    const notHere = () => Promise.reject(new Error('not part of the simulation'));
    return {
      name,
      title: name,
      claimTypes: { types: {} },
      refreshNeeds: 'nothing',
      hasTargets: true,
      acceptsBearer: false,
      authorizationUrl: notHere,
      redeem: notHere,
      signInWith: notHere,
      revocationEndsGrant: false,
      signOutUrl: async () => undefined,
      issuerOf: (stated) => stated,
      displayName: (_claims, subject) => subject,
      principalId: (_claims, subject) => subject,
      refresh(refreshToken) {
        const { family, number: token } = familyOf(refreshToken);
        const began = now();
        return process.call<RefreshResult>({
          service: 'provider',
          label: () => `redeem ${refreshToken.reveal()}`,
          effect({ failure }) {
            const issued = redeem(family, token);
            const loss = failure ? 'unanswered' : process.alive ? undefined : 'crashed';
            ledger.record(family, { token, process, began, issued, loss });
            return answer(family, token, issued);
          },
          failed(failure) {
            if (failure === 'cut') return refreshFailure(new TokenkeepError('provider_unavailable'));
            return refreshFailure(new TokenEndpointError('http_503', 503, manners.retryAfter || undefined));
          },
        });
      },
      revoke: ({ refreshToken }) =>
        process.call({
          service: 'provider',
          label: () => `revoke ${refreshToken?.reveal()}`,
          effect() {
            if (refreshToken) familyOf(refreshToken).family.isRevoked = true;
            return true;
          },
          failed() {
            throw new TokenkeepError('provider_unavailable');
          },
        }),
    };
  }

  return {
    reachedBy,
    /** A sign-in, or a connection: a new family with its first refresh token. */
    issue(): { readonly family: Family; readonly refreshToken: RefreshToken } {
      const name = `f${families.size}`;
      const family: Family = {
        name,
        redeemedAt: [undefined],
        isRevoked: false,
        keptAt: new Map(),
        storedAt: new Map(),
        calls: [],
        place: undefined,
        isOut: false,
      };
      families.set(name, family);
      return { family, refreshToken: tokenOf(family, 0) };
    },
    familyOf,
    life: manners.life,
    families: () => families.values(),
    /** Whether the token could be redeemed now. */
    accepts(token: RefreshToken): boolean {
      const { family, number } = familyOf(token);
      const redeemedAt = family.redeemedAt[number];
      if (family.isRevoked) return false;
      return redeemedAt === undefined || (manners.kind === 'grace' && now() - redeemedAt <= manners.grace * 1000);
    },
  };
}

export type ModelProvider = ReturnType<typeof createModelProvider>;

function tokenOf({ name }: Family, number: number): RefreshToken {
  return new Secret('refresh_token', `${name}.${number}`);
}
