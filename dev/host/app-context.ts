import { emptyHooks, type HookData, LogHookContext, systemError } from './hooks.ts';
import type { FunctionCallback, FunctionMetadata, LogCategory, LogLevel, ProgrammingModel } from './rpc.ts';

export interface RegisteredFunction {
  id: string;
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}

/** Where a log entry was written: which function, and what its log hooks share. */
export interface LogScope {
  functionName: string;
  hookData: HookData;
  invocationContext: unknown;
}

const printed: ReadonlySet<LogLevel> = new Set(['information', 'warning', 'error', 'critical']);
const printedOfSystem: ReadonlySet<LogLevel> = new Set(['warning', 'error', 'critical']);

/** What one function app registered while it was loaded, and its log. */
export class AppContext {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks = emptyHooks();
  /** Shared by every hook of the app. */
  readonly appHookData: HookData = {};
  /** Shared by appStart and appTerminate. */
  readonly appLevelHookData: HookData = {};
  programmingModel: ProgrammingModel | undefined;
  readonly #write: (line: string) => void;
  #started = false;

  /** @param write takes one finished line of the log, without a line feed. */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** From here on a registration is an error, as after the start-up of the Node.js worker. */
  lock(): void {
    this.#started = true;
  }

  /** @throws a system error after the start-up, and for a function id that is taken. */
  register(metadata: FunctionMetadata, callback: FunctionCallback): RegisteredFunction {
    if (this.#started) throw systemError(new Error('A function can only be registered during app startup.'));
    const id = metadata.functionId || metadata.name;
    if (this.functions.has(id)) {
      throw systemError(new Error(`A function with id "${id}" has already been registered.`));
    }
    const registered = { id, metadata, callback };
    this.functions.set(id, registered);
    return registered;
  }

  /** @throws a system error after the start-up. */
  unregister(id: string): void {
    if (this.#started) throw systemError(new Error('A function can only be disposed during app startup.'));
    this.functions.delete(id);
  }

  /**
   * Passes an entry to the log hooks, which may change what a user wrote, then prints it: the user's from level
   * `information`, the system's from `warning`. A hook that throws is passed over, as in the Node.js worker.
   */
  log(level: LogLevel, category: LogCategory, message: string, scope?: LogScope): void {
    let entry = { level, message };
    if (this.hooks.log.length > 0) {
      const { hookData = {}, invocationContext } = scope ?? {};
      const { appHookData } = this;
      const context = new LogHookContext({ level, category, message, hookData, appHookData, invocationContext });
      try {
        for (const callback of this.hooks.log) callback(context);
        if (category === 'user') entry = context;
      } catch {
        entry = { level, message };
      }
    }
    if (category === 'customMetric') return;
    if (!(category === 'user' ? printed : printedOfSystem).has(entry.level)) return;
    const severity = entry.level === 'information' ? '' : `${entry.level}: `;
    this.#write(`[${scope?.functionName ?? 'app'}] ${severity}${entry.message}`);
  }
}
