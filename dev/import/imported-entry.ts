import { decodeJwt } from 'jose';
import type { EpochSeconds, Random } from '../../shared/platform.ts';
import type { Provider } from '../../shared/providers/provider.ts';
import { refreshDue } from '../../shared/refresh/schedule.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import type { Claims, Entry } from '../../shared/token-store/session.ts';
import { rawClaims } from './raw-claims.ts';
import type { StoreEntry } from './store-entry.ts';

/** Times in seconds since 1970 UTC. */
export interface ImportTimes {
  readonly now: EpochSeconds;
  /** When Easy Auth wrote the file last: at a sign-in or a refresh. */
  readonly writtenAt: EpochSeconds;
}

/** The entry as Tokenkeep keeps it; undefined where it does not say whose it is. */
export function importedEntry(
  stored: StoreEntry,
  provider: Provider,
  { now, writtenAt }: ImportTimes,
  random: Random,
): Entry | undefined {
  const claims = rawClaims(stored.user_claims, provider.claimTypes);
  const known = { ...idTokenClaims(stored.id_token), ...claims };
  const issuer = provider.issuerOf(text(known['iss']));
  const subject = text(known['sub']) ?? text(known['id']);
  if (issuer === undefined || subject === undefined) return undefined;

  const expiresAt = timeOf(stored.expires_on);
  const issuedAt = Math.min(writtenAt, now, expiresAt ?? now);
  const refreshes = stored.refresh_token && expiresAt !== undefined;
  return {
    issuer,
    subject,
    claims,
    ...(stored.access_token ? { accessToken: new Secret('access_token', stored.access_token) } : {}),
    ...(stored.access_token_secret
      ? { accessTokenSecret: new Secret('access_token_secret', stored.access_token_secret) }
      : {}),
    ...(stored.id_token ? { idToken: new Secret('id_token', stored.id_token) } : {}),
    ...(stored.refresh_token ? { refreshToken: new Secret('refresh_token', stored.refresh_token) } : {}),
    issuedAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    // What is past its time is due now and not before: a reader must not be told that the next try comes later.
    ...(refreshes ? { refreshAt: Math.max(refreshDue(issuedAt, expiresAt, random), now) } : {}),
    failures: 0,
    history: [],
  };
}

/** Read and not verified: it lay beside the claims, and is worth as much as they are. */
function idTokenClaims(idToken: string | null | undefined): Claims {
  try {
    return idToken ? decodeJwt(idToken) : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function timeOf(time: string | null | undefined): EpochSeconds | undefined {
  const milliseconds = Date.parse(time ?? '');
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
