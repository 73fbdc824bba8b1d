import { randomUUID } from 'node:crypto';
import type { AppContext, LogScope, RegisteredFunction } from './app-context.ts';
import { type HookData, PostInvocationContext, PreInvocationContext, runHooks } from './hooks.ts';
import type {
  CoreInvocationContext,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ParameterBinding,
  TraceContext,
  TypedData,
} from './rpc.ts';

/** What the trigger brings to one run of a function. */
export interface Trigger {
  /** One is made when there is none. */
  invocationId?: string;
  input: ParameterBinding;
  /** Keys in the casing of the binding extension; `@azure/functions` turns them into camel case. */
  metadata?: Record<string, TypedData>;
  /** The caller's `traceparent` and `tracestate`; without a valid one a new trace begins. */
  traceParent?: string | undefined;
  traceState?: string | undefined;
}

/**
 * Runs one function once, in the order of the Node.js worker: arguments, preInvocation hooks, the function,
 * postInvocation hooks, response.
 * Source: https://github.com/Azure/azure-functions-nodejs-worker, `src/eventHandlers/InvocationHandler.ts`
 *
 * @returns the values of the output bindings.
 * @throws what the function threw, or a hook, or the conversion of its result.
 */
export async function invoke(
  app: AppContext,
  registered: RegisteredFunction,
  trigger: Trigger,
): Promise<InvocationResponse> {
  const { programmingModel: model } = app;
  if (model === undefined) throw new Error('The app has set no programming model.');
  const hookData: HookData = {};
  const scope: LogScope = { functionName: registered.metadata.name, hookData, invocationContext: undefined };
  const core = coreContext(registered, trigger, (level, category, message) => app.log(level, category, message, scope));
  const invocation = await model.getInvocationModel(core);
  const { context, inputs } = await invocation.getArguments();
  scope.invocationContext = context;

  const { preInvocation, postInvocation } = app.hooks;
  const before = new PreInvocationContext(hookData, app.appHookData, context, inputs, registered.callback);
  if (preInvocation.length > 0) {
    await inState(core, 'preInvocationHooks', () => runHooks(preInvocation, before));
  }

  const after = new PostInvocationContext(hookData, app.appHookData, context, before.inputs);
  await inState(core, 'invocation', async () => {
    try {
      after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
  });
  if (postInvocation.length > 0) {
    await inState(core, 'postInvocationHooks', () => runHooks(postInvocation, after));
  }
  if (after.error !== null && after.error !== undefined) throw after.error;
  return invocation.getResponse(context, after.result);
}

async function inState(
  core: CoreInvocationContext,
  state: CoreInvocationContext['state'],
  step: () => Promise<void>,
): Promise<void> {
  core.state = state;
  try {
    await step();
  } finally {
    core.state = undefined;
  }
}

function coreContext(
  registered: RegisteredFunction,
  trigger: Trigger,
  log: (level: LogLevel, category: LogCategory, message: string) => void,
): CoreInvocationContext {
  const { invocationId = randomUUID() } = trigger;
  const request: InvocationRequest = {
    invocationId,
    functionId: registered.id,
    inputData: [trigger.input],
    triggerMetadata: trigger.metadata ?? {},
    traceContext: traceContext(trigger.traceParent, trigger.traceState),
  };
  return { invocationId, request, metadata: registered.metadata, log };
}

const traceParentForm = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;
const unsampled = '00';

/** A span of the host's own, as a child of the caller's. https://www.w3.org/TR/trace-context/#traceparent-header */
function traceContext(traceParent: string | undefined, traceState: string | undefined): TraceContext {
  const caller = traceParent === undefined ? null : traceParentForm.exec(traceParent);
  const random = randomUUID().replaceAll('-', '');
  const span = random.slice(16);
  if (caller === null) return { traceParent: `00-${randomUUID().replaceAll('-', '')}-${span}-${unsampled}` };
  const own = { traceParent: `00-${caller[1]}-${span}-${caller[2]}` };
  return traceState === undefined ? own : { ...own, traceState };
}
