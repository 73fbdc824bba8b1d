import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { writePrivateFile } from '../private-file.ts';

const identitySecrets = z.strictObject({
  /** What a caller must send as `X-IDENTITY-HEADER`. */
  header: z.uuid(),
  /** The private key that signs the tokens, as a JWK (RFC 7518, section 6.2). */
  signingKey: z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
    d: z.string(),
  }),
});

/** The two secrets of the local identity endpoint. */
type IdentitySecrets = z.infer<typeof identitySecrets>;

/**
 * The secrets kept in `directory/identity.json`, made on the first call, so that the tokens and the environment that
 * were handed out stay good over a restart. Without a directory they are new each time.
 *
 * @throws Error that names the file when it holds something else.
 */
export async function identitySecretsOf(directory: string | undefined): Promise<IdentitySecrets> {
  const path = directory === undefined ? undefined : join(directory, 'identity.json');
  if (path !== undefined && existsSync(path)) {
    return parse(path, readFileSync(path, 'utf8'));
  }
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const made = identitySecrets.parse({ header: randomUUID(), signingKey: await exportJWK(privateKey) });
  if (path !== undefined) writePrivateFile(path, JSON.stringify(made, null, 2));
  return made;
}

/** The parse error is left out of the message, for it could quote a secret. */
function parse(path: string, text: string): IdentitySecrets {
  try {
    return identitySecrets.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} does not hold the secrets of the local identity`);
  }
}
