import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLarge, readBody, targetOf, toHttpData } from './http-request.ts';
import { sendResponse } from './http-response.ts';
import { forward } from './http-stream.ts';
import type { Trigger } from './invoke.ts';
import { type Listening, listen } from './listen.ts';
import type { HttpRoute, Router } from './routes.ts';
import type { HttpData, InvocationResponse } from './rpc.ts';
import type { StreamServer } from './stream-server.ts';

export interface HttpFunction extends HttpRoute {
  /** Of the trigger. */
  bindingName: string;
  /** Runs the function once. Reports its failure itself, and rejects. */
  invoke(trigger: Trigger): Promise<InvocationResponse>;
}

/** Answers a request that no function takes. False: it did not, and 404 is sent. */
export type Fallback = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface HttpOptions {
  /** 0 takes a free port. */
  port: number;
  /** `localhost`, `127.0.0.1` or `::1`. */
  hostname: string;
  router: Router<HttpFunction>;
  /** Answers what lies under /admin and /runtime, which are the host's own. */
  admin(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  fallback?: Fallback | undefined;
  /** Bytes; Azure's limit unless `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT` says otherwise. */
  bodyLimit?: number | undefined;
  /** Of an app with HTTP streaming. */
  stream?: StreamServer | undefined;
  log(line: string): void;
}

/** https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#limits */
const azureBodyLimit = 100 * 1024 * 1024;

/**
 * Serves the functions with an HTTP trigger: requests and responses are buffered whole, as in Azure, unless the app
 * turned on HTTP streaming. A handler that throws is status 500 with an empty body.
 *
 * @throws as `listen` does.
 */
export function serveHttp(options: HttpOptions): Promise<Listening> {
  return listen(options.port, options.hostname, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (error instanceof BodyTooLarge) return refuseBody(request, response);
      // A client that went away needs no answer.
      if (response.destroyed || (request.destroyed && !request.complete)) return response.destroy();
      options.log(`[host] error: ${error instanceof Error ? error.stack : error}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-length': '0' }).end();
    });
  });
}

async function answer(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = targetOf(request);
  if (/^\/(admin|runtime)(\/|$)/i.test(target.path)) return options.admin(request, response, target.path);
  const match = options.router(request.method ?? 'GET', target.path);
  if (match.kind !== 'matched') {
    if (match.kind === 'noRoute' && (await options.fallback?.(request, response))) return;
    if (!response.headersSent) response.writeHead(404, { 'content-length': '0' }).end();
    return;
  }
  const { value: hosted, parameters } = match;
  const { stream, bodyLimit = azureBodyLimit } = options;
  if (stream !== undefined) {
    return forward(stream, {
      request,
      response,
      target,
      parameters,
      bodyLimit,
      invoke: (trigger) => hosted.invoke({ ...trigger, input: { name: hosted.bindingName } }),
      warn: (line) => options.log(`[${hosted.name}] warning: ${line}`),
    });
  }
  const body = await readBody(request, bodyLimit);
  const http = toHttpData(request, target, parameters, body);
  let result: InvocationResponse;
  try {
    result = await hosted.invoke({
      input: { name: hosted.bindingName, data: { http } },
      traceParent: http.nullableHeaders?.traceparent?.value ?? undefined,
      traceState: http.nullableHeaders?.tracestate?.value ?? undefined,
    });
  } catch {
    response.writeHead(500, { 'content-length': '0' }).end();
    return;
  }
  sendResponse(request, response, httpOutput(result));
}

/** The return value, or an output binding of type http. */
function httpOutput({ returnValue, outputData }: InvocationResponse): HttpData | undefined {
  return returnValue?.http ?? outputData?.find(({ data }) => data?.http)?.data?.http ?? undefined;
}

/** Lets the client finish first, for some seconds: one that still sends does not read the answer. */
function refuseBody(request: IncomingMessage, response: ServerResponse): void {
  const refuse = () => {
    clearTimeout(patience);
    if (!response.headersSent) response.writeHead(413, { 'content-length': '0' }).end();
  };
  const patience = setTimeout(refuse, 5_000);
  request.once('close', refuse);
  request.resume();
}
