import type { GetAccessToken, TokenOptions } from './access-token.ts';

/**
 * `fetch` with the access token as Bearer. An API that answers 401 is asked once more with another token, if there is
 * one; not where the body is a stream, which can be sent once only.
 */
export async function fetchWithToken(
  getAccessToken: GetAccessToken,
  input: RequestInfo | URL,
  init?: RequestInit,
  options?: TokenOptions,
): Promise<Response> {
  const request = new Request(input, init);
  const spare = init?.body instanceof ReadableStream ? undefined : request.clone();
  const token = await getAccessToken(options);
  const response = await fetch(bearing(token, request));
  if (response.status !== 401 || !spare) return response;
  const other = await getAccessToken({ ...options, refused: token });
  return other === token ? response : fetch(bearing(other, spare));
}

function bearing(token: string, request: Request): Request {
  request.headers.set('Authorization', `Bearer ${token}`);
  return request;
}
