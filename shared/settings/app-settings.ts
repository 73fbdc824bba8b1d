import './jitless.ts';
import * as z from 'zod';
import { choice, endpoint, flag, origin } from './values.ts';

/**
 * The app settings (environment variables) that the code reads, beside the secrets that auth.json names and those that
 * take the place of something in it (`overrides.ts`). `docs/reference/settings.md` describes each.
 */
export const appSettings = z.object({
  /** Where auth.json lies, absolute or below the app's folder. */
  TOKENKEEP_AUTH_FILE: z.string().default('auth.json'),
  /** The origin that browsers see; without it https and WEBSITE_HOSTNAME. */
  TOKENKEEP_PUBLIC_URL: origin('an https origin such as https://auth.example.com').optional(),
  WEBSITE_HOSTNAME: z.string().optional(),
  /** The app that the gateway stands in front of. */
  TOKENKEEP_UPSTREAM: endpoint
    .refine(isOriginWithPath, 'an https address without user, query and fragment')
    .transform((text) => new URL(text))
    .transform(({ origin, pathname }) => ({ origin, basePath: pathname.replace(/\/+$/, '') }))
    .optional(),
  TOKENKEEP_VAULT_URL: origin('the URL of a key vault such as https://name.vault.azure.net'),
  TOKENKEEP_WRAP_KEY: keyName().default('tokenkeep-wrap'),
  TOKENKEEP_SIGN_KEY: keyName().default('tokenkeep-sign'),
  /** No session lives longer, however often it is renewed. */
  TOKENKEEP_SESSION_MAX_HOURS: z
    .string()
    .refine((text) => Number(text) > 0 && Number(text) <= 8760, 'hours, a number above 0 and at most 8760')
    .transform(Number)
    .prefault('720'),
  /** Calls of one provider at a time, in one process. */
  TOKENKEEP_PROVIDER_CONCURRENCY: z
    .string()
    .regex(/^([1-9]\d{0,2}|1000)$/, 'a whole number from 1 to 1000')
    .transform(Number)
    .prefault('64'),
  /** Whether a container's read-access secondary answers those who only look, while it cannot be reached itself. */
  TOKENKEEP_READ_SECONDARY: flag.prefault('false'),
  /** Containers beside the one in auth.json, by their URLs. */
  TOKENKEEP_FURTHER_CONTAINERS: z.string().optional(),
  /** Origins of other sites that may call this app from a browser, separated by commas. */
  TOKENKEEP_ALLOWED_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(origin('https origins such as https://app.example.com, separated by commas')))
    .optional(),
  TOKENKEEP_COOKIE_SAMESITE: choice({ Lax: 'Lax', None: 'None', Strict: 'Strict' }).optional(),
  /** The user-assigned identity to use where the app has several. */
  AZURE_CLIENT_ID: z.string().optional(),
  WEBSITE_AUTH_FILE_PATH: z.string().optional(),
  /** The whole of auth.json, where there is no such file. */
  WEBSITE_AUTH_V2_CONFIG_JSON: z.string().optional(),
  WEBSITE_AUTH_TOKEN_CONTAINER_SASURL: z.string().optional(),
  /** At least 32 characters, by which a proxy shows to verify that it is one. */
  TOKENKEEP_PROXY_KEY: z.string().optional(),
  /** Hex or base64; makes session tokens HS256 instead of ES256. */
  WEBSITE_AUTH_SIGNING_KEY: z.string().optional(),
  WEBSITE_AUTH_USE_LEGACY_CLAIMS: flag.prefault('true'),
  WEBSITE_AUTH_HIDE_DEPRECATED_SID: flag.prefault('false'),
  AzureWebJobsStorage: z.string().optional(),
  AzureWebJobsStorage__accountName: z.string().optional(),
  AzureWebJobsStorage__queueServiceUri: z.string().optional(),
  AzureWebJobsStorage__clientId: z.string().optional(),
});

export type AppSettings = z.infer<typeof appSettings>;

function isOriginWithPath(text: string): boolean {
  const { href, origin, pathname } = new URL(text);
  return href === origin + pathname;
}

function keyName() {
  return z.string().regex(/^[\da-z-]{1,127}$/i, 'a Key Vault key name: letters, digits and hyphens');
}
