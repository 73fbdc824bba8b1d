import { claimType } from '../claim-types.ts';
import { firstText } from '../claims.ts';
import type { Registration } from '../oauth/authorization-request.ts';
import type { ClientCredential } from '../oauth/client-authentication.ts';
import type { Claims, Provider, ProviderParts, SignedIn } from '../provider.ts';
import { entraIdProvider } from './entra-id.ts';

/** `scopes` are as configured: Entra's, or names of the old Live SDK such as `wl.basic`. */
export interface MicrosoftAccountSettings extends Registration<'microsoft-account'> {
  readonly credential: ClientCredential;
  readonly allowedAudiences: readonly string[];
  readonly issuer: string;
}

/**
 * What the scopes of the Live SDK are now. Those that told who the user is become OpenID Connect's
 * (https://learn.microsoft.com/entra/identity-platform/scopes-oidc#openid-connect-scopes), those for data what
 * https://learn.microsoft.com/onedrive/developer/rest-api/concepts/migrating-from-live-sdk#permissions says. Scopes
 * without a successor go to Microsoft as they are, and are refused there.
 */
const liveScopes: Readonly<Record<string, readonly string[]>> = {
  'wl.signin': ['openid'],
  'wl.basic': ['openid', 'profile'],
  'wl.emails': ['email'],
  'wl.offline_access': ['offline_access'],
  'wl.skydrive': ['Files.Read'],
  'wl.skydrive_update': ['Files.ReadWrite'],
  'wl.photos': ['Files.Read'],
  'wl.contacts_create': ['Contacts.ReadWrite'],
  'wl.contacts_photos': ['Contacts.Read'],
  'wl.contacts_skydrive': ['Files.ReadWrite.All'],
  'wl.calendars': ['Calendars.Read'],
  'wl.calendars_update': ['Calendars.ReadWrite'],
  'wl.events_create': ['Calendars.ReadWrite'],
};

/** The claim types that App Service has for Live's users; of Live's own claims `id` and `name` are left. */
const claimTypes = {
  sub: claimType.nameIdentifier,
  name: claimType.name,
  given_name: claimType.givenName,
  family_name: claimType.surname,
  email: claimType.emailAddress,
};

/**
 * Personal Microsoft accounts, in place of the Live SDK, which has ended. Access tokens for Microsoft's APIs are not
 * JWTs (https://learn.microsoft.com/entra/identity-platform/userinfo#permissions) and name no audience, so a client that
 * signs in by itself has to bring an ID token.
 */
export function microsoftAccountProvider(settings: MicrosoftAccountSettings, parts: ProviderParts): Provider {
  const entra = entraIdProvider(
    {
      ...settings,
      kind: 'entra-id',
      scopes: withoutLive(['openid', ...settings.scopes]),
      loginParameters: withScope(settings.loginParameters),
      allowed: {},
    },
    parts,
  );
  return {
    ...entra,
    /** Users of the Live SDK's time have none: personal accounts are one tenant. */
    issuerOf: (stated) => entra.issuerOf(stated ?? settings.issuer),
    title: 'Microsoft account',
    claimTypes: { types: claimTypes },
    refreshNeeds: 'Microsoft gives a refresh token for the scope offline_access, once called wl.offline_access',
    acceptsBearer: false,

    authorizationUrl: (request) => entra.authorizationUrl({ ...request, extra: withScope(request.extra) }),
    redeem: async (response) => asLive(await entra.redeem(response)),
    signInWith: async (brought) => asLive(await entra.signInWith(brought)),

    async refresh(...request) {
      const result = await entra.refresh(...request);
      return result.ok && result.claims ? { ...result, claims: liveClaims(result.claims) } : result;
    },

    displayName: (claims, subject) => firstText(claims, 'name', 'preferred_username', 'email') ?? subject,
    principalId: (_claims, subject) => subject,
  };
}

function withoutLive(scopes: readonly string[]): string[] {
  return [...new Set(scopes.flatMap((scope) => liveScopes[scope] ?? [scope]))];
}

function withScope({ scope, ...others }: Readonly<Record<string, string>>): Record<string, string> {
  return scope === undefined ? others : { ...others, scope: withoutLive(scope.split(' ')).join(' ') };
}

function asLive(signedIn: SignedIn): SignedIn {
  return { ...signedIn, claims: liveClaims(signedIn.claims) };
}

function liveClaims(claims: Claims): Claims {
  const { sub, name } = claims;
  return {
    ...claims,
    'urn:microsoftaccount:id': sub,
    ...(name === undefined ? {} : { 'urn:microsoftaccount:name': name }),
  };
}
