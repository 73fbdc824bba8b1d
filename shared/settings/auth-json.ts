import './jitless.ts';
import * as z from 'zod';
import { plainPath } from '../http/plain-path.ts';
import { backends } from './backends.ts';
import { identityProviders } from './identity-providers.ts';
import { choice, endpoint, headerName, hours, settingName, timeSpan } from './values.ts';

/**
 * The shape of auth.json: the authsettingsV2 document of App Service authentication in the file form
 * (https://learn.microsoft.com/azure/app-service/configure-authentication-file-based), with what authConfigs of
 * Container Apps adds, and what is Tokenkeep's own. An unknown property is an error; `ignored.ts` lists those that are
 * known and not heeded.
 */

const containerUrl = endpoint.refine((url) => {
  const { pathname, search, hash } = new URL(url);
  return pathname.length > 1 && search === '' && hash === '';
}, 'the URL of a container; a SAS belongs into the app setting that sasUrlSettingName names');

/** Compared with the decoded path of what is asked. */
const excludedPath = z.string().transform((text, context) => {
  const [, path = text, rest = ''] = /^(.*\/)(\*)$/.exec(text) ?? [];
  const plain = plainPath(path);
  if (plain !== undefined && !/[?*]/.test(path)) return `${plain}${rest}`;
  const message = 'a path as addresses have it, such as /public or /public/*';
  context.issues.push({ code: 'custom', message, input: text });
  return z.NEVER;
});

const globalValidation = z
  .strictObject({
    requireAuthentication: z.boolean().optional(),
    unauthenticatedClientAction: choice({
      RedirectToLoginPage: 'redirect',
      AllowAnonymous: 'allow',
      Return401: 'status-401',
      Return403: 'status-403',
      Return404: 'status-404',
      RejectWith401: 'status-401',
      RejectWith403: 'status-403',
      RejectWith404: 'status-404',
    }).prefault('RedirectToLoginPage'),
    redirectToProvider: z.string().optional(),
    excludedPaths: z.array(excludedPath).prefault([]),
  })
  .refine(
    ({ requireAuthentication, unauthenticatedClientAction }) =>
      requireAuthentication !== true || unauthenticatedClientAction !== 'allow',
    'requireAuthentication true or unauthenticatedClientAction AllowAnonymous, not both',
  )
  .prefault({});

const httpSettings = z
  .strictObject({
    requireHttps: z.boolean().optional(),
    routes: z
      .strictObject({
        apiPrefix: z
          .string()
          .regex(/^(\/[\w.~-]+)+\/?$/, 'a path such as /.auth')
          .refine(
            (path) => !/^\/(admin|runtime)/i.test(path),
            'a path that the Functions host does not keep for itself',
          )
          .transform((path) => path.replace(/\/$/, ''))
          .prefault('/.auth'),
      })
      .prefault({}),
    forwardProxy: z
      .strictObject({
        convention: choice({ NoProxy: 'none', Standard: 'standard', Custom: 'custom' }).prefault('NoProxy'),
        customHostHeaderName: headerName.optional(),
        customProtoHeaderName: headerName.optional(),
      })
      .refine(
        ({ convention, customHostHeaderName, customProtoHeaderName }) =>
          convention !== 'custom' || customHostHeaderName || customProtoHeaderName,
        'customHostHeaderName or customProtoHeaderName where the convention is Custom',
      )
      .prefault({}),
  })
  .prefault({});

const tokenKinds = z.array(z.enum(['access_token', 'id_token', 'refresh_token'])).default(['access_token', 'id_token']);

const tokenStore = z
  .strictObject({
    enabled: z.boolean().optional(),
    tokenRefreshExtensionHours: hours.prefault(72),
    fileSystem: z.strictObject({ directory: z.string().optional() }).optional(),
    azureBlobStorage: z
      .strictObject({
        sasUrlSettingName: settingName.optional(),
        blobContainerUri: containerUrl.optional(),
        clientId: z.string().optional(),
        managedIdentityResourceId: z.string().optional(),
      })
      .refine(
        ({ sasUrlSettingName, blobContainerUri }) => !(sasUrlSettingName && blobContainerUri),
        'sasUrlSettingName or blobContainerUri, not both',
      )
      .prefault({}),
    exposedTokens: tokenKinds,
    headerTokens: tokenKinds,
  })
  .prefault({});

const login = z
  .strictObject({
    routes: z
      .strictObject({
        // Examples of Azure have a whole address here.
        logoutEndpoint: z
          .string()
          .refine((text) => URL.canParse(text, 'https://localhost'), 'a path such as /logout')
          .transform((text) => (text === '' ? undefined : new URL(text, 'https://localhost').pathname))
          .optional(),
      })
      .prefault({}),
    tokenStore,
    preserveUrlFragmentsForLogins: z.boolean().optional(),
    allowedExternalRedirectUrls: z.array(z.string().refine(URL.canParse, 'an absolute URL')).default([]),
    cookieExpiration: z
      .strictObject({
        convention: choice({
          FixedTime: 'fixed',
          IdentityProviderDerived: 'identity-provider',
          Sliding: 'sliding',
          IdentityDerived: 'identity-provider',
        }).prefault('FixedTime'),
        timeToExpiration: timeSpan.prefault('08:00:00'),
      })
      .prefault({}),
    nonce: z
      .strictObject({
        validateNonce: z.boolean().optional(),
        nonceExpirationInterval: timeSpan.prefault('00:05:00'),
      })
      .prefault({}),
    signOutAtProvider: z.boolean().optional(),
    signInPage: z
      .strictObject({
        title: z.string().min(1, 'a title of 1 to 80 characters').max(80, 'a title of 1 to 80 characters').optional(),
        logoUrl: endpoint.optional(),
        accentColor: z
          .string()
          .regex(/^#[\da-f]{6}$/i, 'a color as #rrggbb')
          .optional(),
      })
      .prefault({}),
  })
  .prefault({});

export const authJson = z.strictObject({
  $schema: z.string().optional(),
  platform: z
    .strictObject({
      enabled: z.boolean().optional(),
      runtimeVersion: z.string().optional(),
      configFilePath: z.string().optional(),
    })
    .optional(),
  globalValidation,
  httpSettings,
  login,
  identityProviders,
  backends,
  encryptionSettings: z
    .strictObject({
      containerAppAuthEncryptionSecretName: z.string().optional(),
      containerAppAuthSigningSecretName: z.string().optional(),
    })
    .optional(),
  legacyProperties: z.looseObject({}).optional(),
});

export type AuthJson = z.infer<typeof authJson>;
