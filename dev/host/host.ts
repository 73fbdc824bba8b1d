import { resolve } from 'node:path';
import { answerAdmin, type RunByName } from './admin.ts';
import { AppContext } from './app-context.ts';
import { type HostedFunction, hostFunction } from './bindings.ts';
import { onBehalfOf } from './function-error.ts';
import { installFunctionsCore } from './functions-core.ts';
import { readHostJson } from './host-json.ts';
import { type Fallback, type HttpFunction, serveHttp } from './http.ts';
import { invoke, type Trigger } from './invoke.ts';
import { endApp, loadApp } from './load-app.ts';
import { applySettings } from './local-settings.ts';
import { openQueueStorage, type QueueStorage } from './queue-storage.ts';
import { manualQueueTrigger } from './queue-trigger.ts';
import { type QueueListener, startQueueListener } from './queues.ts';
import { byName, createRouter } from './routes.ts';
import type { InvocationResponse } from './rpc.ts';
import { startTimer, systemClock, type Timer, type TimerInfo } from './timers.ts';

export interface HostOptions {
  /** The directory with package.json and host.json. */
  root: string;
  /** 0 takes a free port. */
  port: number;
  /** `localhost` (127.0.0.1 and ::1), `127.0.0.1` or `::1`. */
  hostname?: string;
  /** Answers the paths that no function takes. */
  fallback?: Fallback;
  /** Takes a line of the log. */
  log?: (line: string) => void;
  /** App settings on top of the process's own environment. */
  environment?: Record<string, string>;
}

export interface FunctionSummary {
  name: string;
  kind: HostedFunction['kind'];
  /** Of an HTTP function: with the route prefix, without a slash before it. */
  route?: string;
  /** Of an HTTP function; none means any. */
  methods?: string[];
  schedule?: string;
  queue?: string;
}

export interface Host {
  /** For example `http://localhost:7071`, without a slash at the end. */
  url: string;
  port: number;
  /** In the order in which routes are tried. */
  functions: FunctionSummary[];
  /** Runs a timer function now. Rejects with what it threw, and when there is no such function. */
  runTimer(name: string): Promise<void>;
  /** Ends listeners, timers and server, waiting some seconds for what runs, then runs the appTerminate hooks. */
  close(): Promise<void>;
}

/** Milliseconds that `close` waits for running functions, and again for the appTerminate hooks. */
const grace = 5_000;

/**
 * Starts the built function app in `root` as `func start` would, without its tools: HTTP, timer and queue triggers,
 * output bindings to queues, hooks, host.json. One app a process at a time.
 *
 * @throws what the app's entry file threw, unchanged; and Error in one sentence when it is not built, when host.json, a
 *   route, a schedule or another binding is wrong, and when the port is in use.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { hostname = 'localhost', log = console.log, fallback } = options;
  const root = resolve(options.root);
  const app = new AppContext(log);
  const ends: (() => unknown)[] = [installFunctionsCore(app), applySettings(options.environment ?? {})];
  const end = async () => {
    for (const each of ends.splice(0).reverse()) await each();
  };
  try {
    const settings = process.env;
    const hostJson = await readHostJson(root, settings);
    const stream = await loadApp(root, app);
    if (stream !== undefined) ends.push(() => stream.close());
    ends.push(() =>
      within(grace, endApp(app)).catch((error: unknown) => log(`[host] error: in an appTerminate hook: ${error}`)),
    );
    if (stream !== undefined) ends.push(() => within(grace, stream.settled()));

    const functions = [...app.functions.values()].map((each) => hostFunction(each, settings)).toSorted(byName);
    if (functions.length === 0) log('[host] warning: the app registered no function.');
    const storage = openQueueStorage(settings, hostJson.queues.messageEncoding);
    for (const each of functions) onBehalfOf(each.name, () => checkConnections(each, storage));
    const run = (target: HostedFunction, trigger: Trigger) => runFunction(app, storage, log, target, trigger);
    const timers = new Map<string, Timer>();

    const routes = functions
      .filter((each) => each.kind === 'http')
      .map((each): HttpFunction => {
        return { ...each, invoke: (trigger) => run(each, trigger) };
      });
    const runByName: RunByName = (name, input) => {
      const target = functions.find((each) => each.name.toLowerCase() === name.toLowerCase());
      if (target?.kind === 'timer') return timers.get(target.name)?.run();
      if (target?.kind !== 'queue') return undefined;
      return run(target, manualQueueTrigger(target.bindingName, input)).then(() => {});
    };
    const server = await serveHttp({
      port: options.port,
      hostname,
      router: createRouter(routes, hostJson.routePrefix),
      admin: (request, response, path) => answerAdmin(request, response, path, runByName),
      fallback,
      bodyLimit: Number(settings.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT) || undefined,
      stream,
      log,
    });

    const listeners: QueueListener[] = [];
    ends.push(() =>
      Promise.all([
        server.close(grace),
        ...[...listeners, ...timers.values()].map((each) => within(grace, each.stop())),
      ]),
    );
    for (const each of functions) {
      if (each.kind === 'timer') {
        const invokeTimer = (info: TimerInfo) =>
          run(each, { input: { name: each.bindingName, data: { json: JSON.stringify(info) } } }).then(() => {});
        timers.set(each.name, startTimer({ ...each, invoke: invokeTimer }, systemClock));
      } else if (each.kind === 'queue') {
        const target = { ...each, invoke: (trigger: Trigger) => run(each, trigger) };
        listeners.push(startQueueListener(target, storage, hostJson.queues, log));
      }
    }

    return {
      url: `http://${hostname === '::1' ? '[::1]' : hostname}:${server.port}`,
      port: server.port,
      functions: functions.map((each) => summarize(each, hostJson.routePrefix)),
      runTimer(name) {
        return timers.get(name)?.run() ?? Promise.reject(new Error(`There is no timer function "${name}".`));
      },
      close: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function checkConnections(hosted: HostedFunction, storage: QueueStorage): void {
  const queues = hosted.kind === 'queue' ? [hosted, ...hosted.outputs] : hosted.outputs;
  for (const { connection, queueName } of queues) storage.queue(connection, queueName);
}

/** Runs a function and sends what its output bindings hold; a failure is logged, and thrown again. */
async function runFunction(
  app: AppContext,
  storage: QueueStorage,
  log: (line: string) => void,
  { name, registered, outputs }: HostedFunction,
  trigger: Trigger,
): Promise<InvocationResponse> {
  try {
    const response = await invoke(app, registered, trigger);
    for (const { bindingName, connection, queueName } of outputs) {
      const data =
        bindingName === '$return'
          ? response.returnValue
          : response.outputData?.find((output) => output.name === bindingName)?.data;
      if (data) await storage.send(connection, queueName, data);
    }
    return response;
  } catch (error) {
    log(`[${name}] error: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    throw error;
  }
}

function summarize(hosted: HostedFunction, prefix: string): FunctionSummary {
  const { name, kind } = hosted;
  if (kind === 'timer') return { name, kind, schedule: hosted.scheduleText };
  if (kind === 'queue') return { name, kind, queue: hosted.queueName };
  const route = hosted.route.replace(/^\/+/, '');
  return { name, kind, route: prefix === '' ? route : `${prefix}/${route}`, methods: hosted.methods };
}

/** Waits for `task`, but no longer than `milliseconds`. */
async function within(milliseconds: number, task: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timeout = setTimeout(resolve, milliseconds);
  try {
    await Promise.race([task, promise]);
  } finally {
    clearTimeout(timeout);
  }
}
