import type { AppleSettings } from '../providers/apple/apple.ts';
import type { ClientCredential } from '../providers/oauth/client-authentication.ts';
import { signingAlgorithm, signingAlgorithms } from '../providers/oauth/signing-algorithm.ts';
import { type ClientSecret, type PrivateKey, Secret } from '../telemetry/secret.ts';
import type { SettingValues } from './environment.ts';
import type { IdentityProviders } from './identity-providers.ts';
import { certificateOf, pemText, privateKeyOf, thumbprintOf } from './pem.ts';
import type { Problem } from './problems.ts';

type Registration<Name extends keyof IdentityProviders> = NonNullable<IdentityProviders[Name]>['registration'];
type ClientCredentialSettings =
  IdentityProviders['customOpenIdConnectProviders'][string]['registration']['clientCredential'];

/** Resolves the secrets of registrations from app settings; what is wrong with one becomes a problem, never quoted. */
export function credentials(values: SettingValues, problems: Problem[]) {
  const complain = (setting: string, provider: string, found: string, expected: string) => {
    const path = `${isSettingLike(setting) ? setting : 'the app setting'} (named by auth.json for provider ${provider})`;
    problems.push({ path, found, expected });
  };

  /** Container Apps allows hyphens in the names of secrets, environment variables here and there do not. */
  const textOf = (setting: string) => values.get(setting) ?? values.get(setting.replaceAll('-', '_')) ?? '';

  /** Any text that can be a client secret (RFC 6749 appendix A.2). */
  function clientSecret(setting: string, provider: string): ClientSecret {
    const secret = textOf(setting);
    if (!/^[ -~]+$/.test(secret)) {
      const found = secret === '' ? 'nothing' : 'characters that a client secret cannot have';
      complain(setting, provider, found, 'the client secret');
    }
    return new Secret('client_secret', secret);
  }

  /** A key that signs by one of these algorithms. */
  function privateKey(setting: string, provider: string, algorithms: readonly string[]): PrivateKey {
    const pem = pemText(textOf(setting));
    const key = pem === undefined ? undefined : privateKeyOf(pem);
    if (!key || !algorithms.includes(signingAlgorithm(key) ?? '')) {
      const other = key ? 'a private key of another kind' : 'text that is no private key';
      const expected = `a private key in PEM (PKCS#8), without a password, for ${algorithms.join(', ')}`;
      complain(setting, provider, textOf(setting) === '' ? 'nothing' : other, expected);
    }
    return new Secret('private_key', pem ?? '');
  }

  /** Private key and certificate in one text, which belong together; of the certificate with this thumbprint if any. */
  function certificate(setting: string, provider: string, thumbprint: string | undefined): ClientCredential {
    const pem = pemText(textOf(setting)) ?? '';
    const [key, found] = [privateKeyOf(pem), certificateOf(pem)];
    const expected = 'a private key and its certificate in PEM, one after the other';
    if (!key) complain(setting, provider, 'text without a private key that can be read', expected);
    else if (!found?.checkPrivateKey(key)) complain(setting, provider, 'no certificate of that private key', expected);
    else if (thumbprint && thumbprintOf(found) !== thumbprint.toUpperCase()) {
      complain(setting, provider, 'another certificate', 'the one that clientSecretCertificateThumbprint names');
    }
    return { kind: 'certificate', pem: new Secret('private_key', pem) };
  }

  function managedIdentity(setting: string, provider: string): ClientCredential {
    const clientId = textOf(setting);
    if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(clientId)) {
      const found = clientId === '' ? 'nothing' : 'something else, which is not shown';
      complain(setting, provider, found, 'the client id of a managed identity of this app');
    }
    return { kind: 'managed-identity', clientId };
  }

  return {
    clientSecret,

    /** A client secret, sent in the body of requests; without a setting none at all. */
    optional(setting: string | undefined, provider: string, method: 'client_secret_post' | 'client_secret_basic') {
      if (setting === undefined) return { kind: 'none' } as const;
      return { kind: 'secret', secret: clientSecret(setting, provider), method } as const;
    },

    /** https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad */
    entraId(registration: Registration<'azureActiveDirectory'>, provider: string): ClientCredential {
      const { clientSecretSettingName: setting, clientSecretCertificateThumbprint: thumbprint } = registration;
      if (setting === undefined) {
        if (thumbprint !== undefined) {
          const expected = 'clientSecretSettingName, the app setting with the certificate and its private key in PEM';
          problems.push({ path: `auth.json: provider ${provider}`, found: 'a thumbprint alone', expected });
        }
        return { kind: 'none' };
      }
      if (setting === 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID') return managedIdentity(setting, provider);
      if (thumbprint !== undefined || pemText(textOf(setting))) return certificate(setting, provider, thumbprint);
      return { kind: 'secret', secret: clientSecret(setting, provider), method: 'client_secret_post' };
    },

    apple(registration: Registration<'apple'>, provider: string): AppleSettings['credential'] {
      const { clientSecretSettingName: setting, teamId, keyId } = registration;
      if (teamId !== undefined && keyId !== undefined) {
        return { kind: 'key', teamId, keyId, key: privateKey(setting, provider, ['ES256']) };
      }
      if (pemText(textOf(setting)) === undefined) {
        return { kind: 'secret', secret: clientSecret(setting, provider) };
      }
      complain(setting, provider, 'a key', 'registration.teamId and registration.keyId beside it, or a signed JWT');
      return { kind: 'secret', secret: new Secret('client_secret', '') };
    },

    custom(settings: ClientCredentialSettings, provider: string): ClientCredential {
      const { method = 'client_secret_post', clientSecretSettingName: setting, keyId } = settings;
      if (setting === undefined) return { kind: 'none' };
      if (method !== 'private_key_jwt') return { kind: 'secret', secret: clientSecret(setting, provider), method };
      return {
        kind: 'private-key',
        key: privateKey(setting, provider, signingAlgorithms),
        ...(keyId === undefined ? {} : { keyId }),
      };
    },
  };
}

export type Credentials = ReturnType<typeof credentials>;

/** Words in capitals, as such names are by custom. Anything else may be the secret itself and is not told. */
function isSettingLike(name: string): boolean {
  return /^[A-Z\d]+(_[A-Z\d]+)+$/.test(name);
}
