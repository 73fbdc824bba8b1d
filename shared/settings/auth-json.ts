import './jitless.ts';
import * as z from 'zod';
import { isSecureOrLoopback } from '../http/loopback.ts';

/**
 * The shape of auth.json: the authsettingsV2 document of App Service authentication, file form
 * (https://learn.microsoft.com/azure/app-service/configure-authentication-file-based). An unknown property is an error.
 */

/** `hh:mm:ss` or `d.hh:mm:ss` (.NET TimeSpan), read as seconds. */
const timeSpan = z
  .string()
  .regex(/^(\d{1,5}\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/, 'a time span as hh:mm:ss or d.hh:mm:ss')
  .refine((text) => !/^[0.:]+$/.test(text), 'a time span longer than 00:00:00')
  .transform((text) => {
    const [, days = '0', hours, minutes, secs] = /^(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)$/.exec(text) ?? [];
    return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(secs);
  });

const endpoint = z.url({ error: 'an absolute URL', abort: true }).refine((url) => isSecureOrLoopback(new URL(url)), {
  error: 'an https URL (plain http only to a loopback address)',
  abort: true,
});
const containerUrl = endpoint.refine((url) => {
  const { pathname, search, hash } = new URL(url);
  return pathname.length > 1 && search === '' && hash === '';
}, 'the URL of a container; a SAS belongs into the app setting that sasUrlSettingName names');
const settingName = z.string().regex(/^\w+$/, 'the name of an app setting: letters, digits and underscores');

/** Names that are paths of their own below `login/`, or would make a blob or header name ambiguous, are not free. */
const providerName = z
  .string()
  .regex(/^[a-z0-9_]{1,32}$/i, 'a provider name of 1 to 32 letters, digits and underscores')
  .refine((name) => !['done', 'complete', 'iframereceiver'].includes(name.toLowerCase()), 'a name that is not a route');

const loginParameter = z.string().regex(/^[\w.-]+=/, 'name=value');

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
    clientId: z.string().min(1, 'a client id'),
    clientCredential: z.strictObject({
      method: z.enum(['ClientSecretPost', 'ClientSecretBasic']).default('ClientSecretPost'),
      clientSecretSettingName: settingName,
    }),
    openIdConnectConfiguration,
  }),
  login: z
    .strictObject({
      nameClaimType: z.string().min(1, 'the name of a claim').optional(),
      scopes: z
        .array(z.string().regex(/^\S+$/, 'a scope without spaces'))
        .refine((scopes) => scopes.includes('openid'), 'a list with "openid" in it')
        .default(['openid', 'profile', 'email']),
      loginParameters: z.array(loginParameter).default([]),
    })
    .prefault({}),
});

export const authJson = z.strictObject({
  $schema: z.string().optional(),
  httpSettings: z
    .strictObject({
      requireHttps: z.literal(true).default(true),
      routes: z
        .strictObject({
          apiPrefix: z
            .string()
            .regex(/^(\/[\w.~-]+)+$/, 'a path such as /.auth')
            .refine(
              (path) => !/^\/(admin|runtime)/i.test(path),
              'a path that the Functions host does not keep for itself',
            )
            .default('/.auth'),
        })
        .prefault({}),
    })
    .prefault({}),
  login: z
    .strictObject({
      tokenStore: z
        .strictObject({
          enabled: z.literal(true).default(true),
          tokenRefreshExtensionHours: z
            .number()
            .min(0, 'hours, 0 or more')
            .max(8760, 'hours, at most 8760')
            .default(72),
          azureBlobStorage: z
            .strictObject({
              sasUrlSettingName: settingName.optional(),
              blobContainerUri: containerUrl.optional(),
              clientId: z.string().optional(),
            })
            .refine(
              ({ sasUrlSettingName, blobContainerUri }) => !(sasUrlSettingName && blobContainerUri),
              'sasUrlSettingName or blobContainerUri, not both',
            )
            .prefault({}),
          exposedTokens: z
            .array(z.enum(['access_token', 'id_token', 'refresh_token']))
            .default(['access_token', 'id_token']),
        })
        .prefault({}),
      allowedExternalRedirectUrls: z.array(z.string().refine(URL.canParse, 'an absolute URL')).default([]),
      cookieExpiration: z
        .strictObject({
          convention: z.literal('FixedTime').default('FixedTime'),
          timeToExpiration: timeSpan.prefault('08:00:00'),
        })
        .prefault({}),
      nonce: z
        .strictObject({
          validateNonce: z.literal(true).default(true),
          nonceExpirationInterval: timeSpan.prefault('00:05:00'),
        })
        .prefault({}),
    })
    .prefault({}),
  identityProviders: z.strictObject({
    customOpenIdConnectProviders: z
      .record(providerName, customOpenIdConnectProvider)
      .refine((providers) => Object.keys(providers).length > 0, 'at least one provider')
      .refine(hasDistinctNames, 'provider names that differ in more than upper and lower case'),
  }),
});

export type AuthJson = z.infer<typeof authJson>;

function hasDistinctNames(providers: object): boolean {
  const names = Object.keys(providers).map((name) => name.toLowerCase());
  return new Set(names).size === names.length;
}
