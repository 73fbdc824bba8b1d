import type { App } from '../app.ts';
import { json } from '../http/respond.ts';

/** `GET {prefix}/keys`: the public keys of session tokens as a JWK set (RFC 7517), for any JWT middleware. */
export async function keys(_request: Request, { ring }: App): Promise<Response> {
  const epochs = await ring.all();
  const response = json({ keys: epochs.map(({ sessionSigning }) => sessionSigning.publicJwk) });
  response.headers.set('cache-control', 'public, max-age=300');
  response.headers.set('access-control-allow-origin', '*');
  return response;
}
