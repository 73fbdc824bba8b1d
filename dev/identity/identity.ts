import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { listenOnLoopback } from '../loopback-server.ts';
import { accessTokens } from './access-tokens.ts';
import { identitySecretsOf } from './secrets.ts';

const path = '/msi/token';
const apiVersion = '2019-08-01';

/** The client id of the system-assigned identity, used when a request names none. */
const systemAssigned = '8a1b2c3d-4e5f-4061-9728-394a5b6c7d8e';

/** The parameters that name a user-assigned identity; a request may carry one of them at most. */
const userAssigned = ['client_id', 'principal_id', 'object_id', 'mi_res_id'];

interface IdentityOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Where the signing key and the header value are kept. Without it they live as long as the process. */
  directory?: string;
}

interface Identity {
  endpoint: string;
  header: string;
  /** What the platform would put into the app's environment; ManagedIdentityCredential reads nothing else. */
  environment: { IDENTITY_ENDPOINT: string; IDENTITY_HEADER: string };
  /** Whether `token` came from here, is valid now, and has exactly this audience. */
  verify(token: string, audience: string): Promise<boolean>;
  /** How many token requests were answered since the start, refusals included. */
  requests(): number;
  close(): Promise<void>;
}

class RefusedRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * A managed-identity endpoint on 127.0.0.1 that speaks the protocol of App Service and Functions, so that
 * ManagedIdentityCredential runs unchanged:
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 *
 * It gives a token for any resource, and for any user-assigned identity that is asked for by name. Refusals are JSON
 * of the shape that the client libraries read, `{ statusCode, message, correlationId }`: 401 for a wrong
 * `X-IDENTITY-HEADER`; 400 when it is missing, when `api-version` is not 2019-08-01, when `resource` is missing, or
 * when more than one identity is named.
 *
 * @azure/msal-node keeps the first endpoint that it finds, and its tokens, for the life of the process, so one process
 * can have one such identity.
 *
 * @throws the system's error when the port is taken, and Error when the kept file is not its own.
 */
export async function startIdentity(options: IdentityOptions = {}): Promise<Identity> {
  const { header, signingKey } = await identitySecretsOf(options.directory);
  const tokens = await accessTokens(signingKey);
  let requests = 0;

  async function grant(request: IncomingMessage): Promise<object> {
    const url = new URL(`http://localhost${request.url}`);
    if (url.pathname.toLowerCase() !== path) throw new RefusedRequest(404, 'There is nothing at this path.');
    requests += 1;
    if (request.method !== 'GET') throw new RefusedRequest(405, 'Only GET is supported.');
    checkHeader(request.headers['x-identity-header'], header);
    const { resource, clientId } = checkQuery(url.searchParams);
    const { token, expiresOn } = await tokens.issue(resource, clientId);
    return {
      access_token: token,
      client_id: clientId,
      expires_on: String(expiresOn),
      resource,
      token_type: 'Bearer',
    };
  }

  const server = createServer({ requestTimeout: 30_000 }, async (request, response) => {
    let status = 200;
    let body: object;
    try {
      body = await grant(request);
    } catch (error) {
      status = error instanceof RefusedRequest ? error.status : 500;
      const message = error instanceof RefusedRequest ? error.message : 'The token could not be made.';
      body = { statusCode: status, message, correlationId: randomUUID() };
    }
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
  });
  const { port, close } = await listenOnLoopback(server, options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;
  const endpoint = `${url}${path}`;

  return {
    endpoint,
    header,
    environment: { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header },
    verify: tokens.verify,
    requests: () => requests,
    close,
  };
}

/** The header proves that the caller runs in the app and was not made to call by a forged request (SSRF). */
function checkHeader(given: string | string[] | undefined, expected: string): void {
  if (typeof given !== 'string') throw new RefusedRequest(400, 'The X-IDENTITY-HEADER header is missing.');
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(given), digest(expected))) {
    throw new RefusedRequest(401, 'The X-IDENTITY-HEADER header is not the value of IDENTITY_HEADER.');
  }
}

function checkQuery(query: URLSearchParams): { resource: string; clientId: string } {
  if (query.get('api-version') !== apiVersion) {
    throw new RefusedRequest(400, `The api-version is missing or is not ${apiVersion}.`);
  }
  const resource = query.get('resource');
  if (!resource) throw new RefusedRequest(400, 'The resource parameter is missing.');
  if (userAssigned.filter((name) => query.has(name)).length > 1) {
    throw new RefusedRequest(400, `Only one of ${userAssigned.join(', ')} can be given.`);
  }
  return { resource, clientId: query.get('client_id') ?? systemAssigned };
}
