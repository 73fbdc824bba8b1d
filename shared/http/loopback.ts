/** Names that the URL parser gives for this very machine; `*.localhost` resolves to it too (RFC 6761 section 6.3). */
const loopbackHost = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for https anywhere, and for plain http to a loopback address: the one concession to local development. */
export function isSecureOrLoopback(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHost.test(url.hostname));
}
