import { type ClientAuth, ClientSecretBasic, ClientSecretPost, None } from 'oauth4webapi';
import type { ClientSecret, PrivateKey } from '../../telemetry/secret.ts';
import type { ProviderParts } from '../provider.ts';
import { certificateAssertion, managedIdentityAssertion, privateKeyAssertion } from './client-assertion.ts';

/** How this app proves to a provider who it is (OpenID Connect Core section 9). */
export type ClientCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: ClientSecret; readonly method: ClientSecretMethod }
  /** `private_key_jwt` (RFC 7523 section 2.2): a key in PKCS#8 PEM. */
  | { readonly kind: 'private-key'; readonly key: PrivateKey; readonly keyId?: string }
  /** `private_key_jwt` as Entra ID has it: a private key and its certificate, both PEM in one text. */
  | { readonly kind: 'certificate'; readonly pem: PrivateKey }
  /** No secret at all: the app's managed identity vouches for it (Entra ID's federated identity credential). */
  | { readonly kind: 'managed-identity'; readonly clientId: string };

export type ClientSecretMethod = 'client_secret_post' | 'client_secret_basic';

/** Puts the proof into a request to the token or revocation endpoint. Throws `settings_invalid` for a bad certificate. */
export function clientAuthentication(credential: ClientCredential, parts: ProviderParts): ClientAuth {
  switch (credential.kind) {
    case 'none':
      return None();
    case 'secret': {
      const secret = credential.secret.reveal();
      return credential.method === 'client_secret_basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
    }
    case 'private-key':
      return privateKeyAssertion(credential.key, credential.keyId, parts);
    case 'certificate':
      return certificateAssertion(credential.pem, parts);
    case 'managed-identity':
      return managedIdentityAssertion(credential.clientId, parts);
  }
}
