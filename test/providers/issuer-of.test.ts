import { expect, it } from 'vitest';
import { machine } from '../../shared/platform.ts';
import { microsoftAccountIssuer } from '../../shared/providers/entra-id/authority.ts';
import { githubEndpoints } from '../../shared/providers/github/endpoints.ts';
import { googleEndpoints } from '../../shared/providers/google/endpoints.ts';
import { createProvider, type ProviderSettings } from '../../shared/providers/registry.ts';
import { Secret } from '../../shared/telemetry/secret.ts';

const secret = new Secret('client_secret', 'x');
const credential = { kind: 'secret', secret, method: 'client_secret_post' } as const;
const common = { clientId: 'id', scopes: [], loginParameters: {}, allowedAudiences: [], credential };
const tenant = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const entra = `https://login.microsoftonline.com/${tenant}/v2.0`;

const of = (settings: ProviderSettings, stated?: string) => createProvider(settings, machine).issuerOf(stated);

it('a user of Entra ID is the same by tokens of either version', () => {
  const settings = { kind: 'entra-id', name: 'aad', ...common, issuer: entra, allowed: {} } as const;
  expect(of(settings, `https://sts.windows.net/${tenant}/`)).toBe(entra);
  expect(of(settings, entra)).toBe(entra);
  expect(of(settings)).toBeUndefined();
});

it('a personal account is the same whether its entry is of the Live SDK or of Entra ID', () => {
  const settings = { kind: 'microsoft-account', name: 'microsoftaccount', ...common, issuer: microsoftAccountIssuer };
  expect(of(settings as ProviderSettings)).toBe(microsoftAccountIssuer);
});

it('Google’s issuer has one name of its two', () => {
  const settings = { kind: 'google', name: 'google', ...common, endpoints: googleEndpoints } as const;
  expect(of(settings, 'accounts.google.com')).toBe('https://accounts.google.com');
});

it('a provider without ID tokens states no issuer, and has one', () => {
  expect(of({ kind: 'github', name: 'github', ...common, secret, endpoints: githubEndpoints })).toBe(
    'https://github.com',
  );
});
