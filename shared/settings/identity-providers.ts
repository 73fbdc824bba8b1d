import './jitless.ts';
import * as z from 'zod';
import { appleEndpoints } from '../providers/apple/endpoints.ts';
import { isEntraIssuer } from '../providers/entra-id/authority.ts';
import { facebookEndpoints } from '../providers/facebook/endpoints.ts';
import { githubEndpoints } from '../providers/github/endpoints.ts';
import { googleEndpoints } from '../providers/google/endpoints.ts';
import { twitterEndpoints, twitterOAuth1Endpoints } from '../providers/twitter/endpoints.ts';
import { choice, endpoint, settingName, texts } from './values.ts';

/**
 * The `identityProviders` of auth.json. Those that are not enabled or not registered have been taken out before.
 * Tokenkeep's own are `endpoints` everywhere, `loginParameters` outside of Entra ID, and what is marked as such.
 */

const clientId = z.string().min(1, 'a client id');
const scopes = z.array(z.string().regex(/^\S+$/, 'a scope without spaces'));
const loginParameters = z.array(z.string().regex(/^[\w.-]+=/, 'name=value')).default([]);

const scopedLogin = (defaults: string[]) =>
  z.strictObject({ scopes: scopes.default(defaults), loginParameters }).prefault({});
const allowedAudiences = z.strictObject({ allowedAudiences: texts.default([]) }).prefault({});

/** Other addresses than the provider's own: for tests, sovereign clouds and enterprise servers. */
const endpoints = <Name extends string>(defaults: Readonly<Record<Name, string>>) =>
  z.partialRecord(z.enum(Object.keys(defaults) as Name[]), endpoint).default({});

const azureActiveDirectory = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z.strictObject({
    openIdIssuer: endpoint.refine(
      isEntraIssuer,
      'an issuer with the id of the tenant, common, organizations or consumers',
    ),
    clientId,
    clientSecretSettingName: settingName.optional(),
    clientSecretCertificateThumbprint: z
      .string()
      .regex(/^[\da-f]{40}$/i, 'a SHA-1 thumbprint: 40 hex digits')
      .optional(),
    clientSecretCertificateSubjectAlternativeName: z.string().optional(),
    clientSecretCertificateIssuer: z.string().optional(),
  }),
  login: z
    .strictObject({
      loginParameters,
      disableWWWAuthenticate: z.boolean().optional(),
    })
    .prefault({}),
  validation: z
    .strictObject({
      jwtClaimChecks: z
        .strictObject({ allowedGroups: texts.optional(), allowedClientApplications: texts.optional() })
        .prefault({}),
      allowedAudiences: texts.default([]),
      defaultAuthorizationPolicy: z
        .strictObject({
          allowedPrincipals: z.strictObject({ groups: texts.default([]), identities: texts.default([]) }).prefault({}),
          allowedApplications: texts.default([]),
        })
        .prefault({}),
    })
    .refine(
      ({ jwtClaimChecks: { allowedGroups }, defaultAuthorizationPolicy: { allowedPrincipals } }) =>
        allowedGroups === undefined || [...allowedPrincipals.groups, ...allowedPrincipals.identities].length === 0,
      'allowedGroups of jwtClaimChecks or allowedPrincipals of defaultAuthorizationPolicy, not both',
    )
    .prefault({}),
  isAutoProvisioned: z.boolean().optional(),
});

const apple = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z
    .strictObject({
      clientId,
      clientSecretSettingName: settingName,
      /** Tokenkeep's own, with a key (`.p8`) in the place of the client secret. */
      teamId: z.string().min(1, 'a team id').optional(),
      keyId: z.string().min(1, 'a key id').optional(),
      endpoints: endpoints(appleEndpoints),
    })
    .refine(({ teamId, keyId }) => (teamId === undefined) === (keyId === undefined), 'teamId and keyId, or neither'),
  login: scopedLogin(['name', 'email']),
  /** Tokenkeep's own. */
  validation: allowedAudiences,
});

const facebook = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z.strictObject({
    appId: z.string().min(1, 'an app id'),
    appSecretSettingName: settingName,
    endpoints: endpoints(facebookEndpoints),
  }),
  graphApiVersion: z
    .string()
    .regex(/^v\d+\.\d+$/, 'a version such as v25.0')
    .default('v25.0'),
  login: scopedLogin(['public_profile', 'email']),
});

const gitHub = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z.strictObject({
    clientId,
    clientSecretSettingName: settingName,
    endpoints: endpoints(githubEndpoints),
  }),
  login: scopedLogin(['read:user', 'user:email']),
});

const google = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z.strictObject({
    clientId,
    clientSecretSettingName: settingName,
    endpoints: endpoints(googleEndpoints),
  }),
  login: scopedLogin(['openid', 'profile', 'email']),
  validation: allowedAudiences,
});

const legacyMicrosoftAccount = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z.strictObject({
    clientId,
    clientSecretSettingName: settingName.optional(),
    endpoints: endpoints({ issuer: '' }),
  }),
  login: scopedLogin(['openid', 'profile', 'email']),
  validation: allowedAudiences,
});

const twitter = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z
    .strictObject({
      consumerKey: z.string().min(1, 'a consumer key').optional(),
      consumerSecretSettingName: settingName.optional(),
      /** Tokenkeep's own: OAuth 2.0. */
      clientId: clientId.optional(),
      clientSecretSettingName: settingName.optional(),
      endpoints: endpoints({ ...twitterOAuth1Endpoints, ...twitterEndpoints }),
    })
    .refine(
      ({ consumerKey, consumerSecretSettingName, ...oauth2 }) =>
        consumerKey === undefined
          ? oauth2.clientId !== undefined && consumerSecretSettingName === undefined
          : consumerSecretSettingName !== undefined && !oauth2.clientId && !oauth2.clientSecretSettingName,
      'consumerKey and consumerSecretSettingName (OAuth 1.0a), or clientId (OAuth 2.0)',
    )
    .refine(({ consumerKey, endpoints: given }) => {
      const known = consumerKey === undefined ? twitterEndpoints : twitterOAuth1Endpoints;
      return Object.keys(given).every((name) => name in known);
    }, 'endpoints of the same version of OAuth'),
  login: scopedLogin(['users.read', 'tweet.read', 'offline.access']),
});

const openIdConnectConfiguration = z
  .strictObject({
    wellKnownOpenIdConfiguration: endpoint.optional(),
    issuer: z.url('an absolute URL').optional(),
    authorizationEndpoint: endpoint.optional(),
    tokenEndpoint: endpoint.optional(),
    certificationUri: endpoint.optional(),
  })
  .refine(
    ({ wellKnownOpenIdConfiguration, issuer, authorizationEndpoint, tokenEndpoint, certificationUri }) =>
      wellKnownOpenIdConfiguration || (issuer && authorizationEndpoint && tokenEndpoint && certificationUri),
    'wellKnownOpenIdConfiguration, or issuer, authorizationEndpoint, tokenEndpoint and certificationUri',
  );

const customOpenIdConnectProvider = z.strictObject({
  enabled: z.boolean().default(true),
  registration: z.strictObject({
    clientId,
    clientCredential: z
      .strictObject({
        method: choice({
          ClientSecretPost: 'client_secret_post',
          ClientSecretBasic: 'client_secret_basic',
          PrivateKeyJwt: 'private_key_jwt',
        }).optional(),
        clientSecretSettingName: settingName.optional(),
        /** Tokenkeep's own, with PrivateKeyJwt: which of the registered keys it is. */
        keyId: z.string().min(1, 'a key id').optional(),
      })
      .refine(
        ({ method, clientSecretSettingName }) => method === undefined || clientSecretSettingName !== undefined,
        'clientSecretSettingName, too',
      )
      .prefault({}),
    openIdConnectConfiguration,
  }),
  login: z
    .strictObject({
      nameClaimType: z.string().min(1, 'the name of a claim').optional(),
      scopes: scopes
        .refine((given) => given.length === 0 || given.includes('openid'), 'a list with "openid" in it')
        .default(['openid', 'profile', 'email']),
      loginParameters,
      /** Tokenkeep's own. */
      furtherResources: z.boolean().default(false),
    })
    .prefault({}),
  /** Tokenkeep's own. */
  validation: allowedAudiences,
});

/** Paths of their own below `login/`, and the providers that are built in, with their other names. */
const taken = ['done', 'complete', 'iframereceiver', 'token'];
const builtIn = ['aad', 'azureactivedirectory', 'windowsazureactivedirectory', 'apple', 'facebook', 'github', 'google'];
const alsoBuiltIn = ['microsoftaccount', 'legacymicrosoftaccount', 'twitter', 'x'];

/** Names become parts of paths, blobs and headers, where others would be ambiguous. */
const customName = z
  .string()
  .regex(/^[a-z0-9_]{1,32}$/i, 'a provider name of 1 to 32 letters, digits and underscores')
  .refine((name) => !taken.includes(name.toLowerCase()), 'a name that is not a route')
  .refine((name) => ![...builtIn, ...alsoBuiltIn].includes(name.toLowerCase()), 'a name that no built-in provider has');

export const identityProviders = z
  .strictObject({
    azureActiveDirectory: azureActiveDirectory.optional(),
    apple: apple.optional(),
    facebook: facebook.optional(),
    gitHub: gitHub.optional(),
    google: google.optional(),
    legacyMicrosoftAccount: legacyMicrosoftAccount.optional(),
    twitter: twitter.optional(),
    customOpenIdConnectProviders: z
      .record(customName, customOpenIdConnectProvider)
      .refine(hasDistinctNames, 'provider names that differ in more than upper and lower case')
      .default({}),
    azureStaticWebApps: z.looseObject({}).optional(),
  })
  .prefault({});

export type IdentityProviders = z.infer<typeof identityProviders>;

function hasDistinctNames(providers: object): boolean {
  const names = Object.keys(providers).map((name) => name.toLowerCase());
  return new Set(names).size === names.length;
}
