import type { FunctionCallback, LogCategory, LogLevel } from './rpc.ts';

export type HookData = Record<string, unknown>;
export type HookCallback = (context: HookContext) => unknown;

const hookNames = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
type HookName = (typeof hookNames)[number];
export type Hooks = Record<HookName, HookCallback[]>;

/** Marks an error as the platform's own, as the Node.js worker does; `@azure/functions` looks for the mark. */
export function systemError<E extends Error>(error: E): E {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}

function readOnly(property: string): never {
  throw systemError(new TypeError(`Cannot assign to read only property '${property}'`));
}

export function emptyHooks(): Hooks {
  return { preInvocation: [], postInvocation: [], appStart: [], appTerminate: [], log: [] };
}

/**
 * The callbacks of one hook, in the order of their registration.
 *
 * @throws a RangeError marked as a system error for a name that is no hook: `@azure/functions` takes that for "this
 *   host is too old".
 */
export function callbacksOf(hooks: Hooks, name: string): HookCallback[] {
  const known = hookNames.find((hook) => hook === name);
  if (known === undefined) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
  return hooks[known];
}

/** Runs one hook's callbacks one after the other; the first that throws ends the row. */
export async function runHooks(callbacks: readonly HookCallback[], context: HookContext): Promise<void> {
  for (const callback of callbacks) await callback(context);
}

/** What every hook gets: one object to share within the invocation (or the app), one to share with all hooks. */
export class HookContext {
  readonly #hookData: HookData;
  readonly #appHookData: HookData;

  constructor(hookData: HookData, appHookData: HookData) {
    this.#hookData = hookData;
    this.#appHookData = appHookData;
  }

  get hookData(): HookData {
    return this.#hookData;
  }
  set hookData(_value: HookData) {
    readOnly('hookData');
  }
  get appHookData(): HookData {
    return this.#appHookData;
  }
  set appHookData(_value: HookData) {
    readOnly('appHookData');
  }
}

export class AppStartContext extends HookContext {
  functionAppDirectory: string;

  constructor(hookData: HookData, appHookData: HookData, functionAppDirectory: string) {
    super(hookData, appHookData);
    this.functionAppDirectory = functionAppDirectory;
  }
}

class InvocationHookContext extends HookContext {
  /** A preInvocation hook may replace them. */
  inputs: unknown[];
  readonly #invocationContext: unknown;

  constructor(hookData: HookData, appHookData: HookData, invocationContext: unknown, inputs: unknown[]) {
    super(hookData, appHookData);
    this.#invocationContext = invocationContext;
    this.inputs = inputs;
  }

  get invocationContext(): unknown {
    return this.#invocationContext;
  }
  set invocationContext(_value: unknown) {
    readOnly('invocationContext');
  }
}

export class PreInvocationContext extends InvocationHookContext {
  /** The function itself; a hook may replace it. */
  functionCallback: FunctionCallback;

  constructor(data: HookData, appData: HookData, context: unknown, inputs: unknown[], callback: FunctionCallback) {
    super(data, appData, context, inputs);
    this.functionCallback = callback;
  }
}

export class PostInvocationContext extends InvocationHookContext {
  /** A hook may replace both: an error set to null is an error forgiven. */
  result: unknown = null;
  error: unknown = null;
}

export class LogHookContext extends HookContext {
  level: LogLevel;
  message: string;
  readonly #category: LogCategory;
  readonly #invocationContext: unknown;

  constructor(entry: {
    level: LogLevel;
    category: LogCategory;
    message: string;
    hookData: HookData;
    appHookData: HookData;
    invocationContext: unknown;
  }) {
    super(entry.hookData, entry.appHookData);
    this.level = entry.level;
    this.message = entry.message;
    this.#category = entry.category;
    this.#invocationContext = entry.invocationContext;
  }

  get category(): LogCategory {
    return this.#category;
  }
  set category(_value: LogCategory) {
    readOnly('category');
  }
  get invocationContext(): unknown {
    return this.#invocationContext;
  }
  set invocationContext(_value: unknown) {
    readOnly('invocationContext');
  }
}
