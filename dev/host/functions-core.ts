import Module from 'node:module';
import type { AppContext } from './app-context.ts';
import { callbacksOf, type HookCallback, systemError } from './hooks.ts';
import type { FunctionCallback, FunctionMetadata, LogCategory, LogLevel, ProgrammingModel } from './rpc.ts';

const moduleName = '@azure/functions-core';

/** Something to release, once. The module exports it. */
class Disposable {
  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose();
    });
  }

  #onDispose: (() => unknown) | undefined;

  constructor(onDispose: () => unknown) {
    this.#onDispose = onDispose;
  }

  dispose(): unknown {
    const onDispose = this.#onDispose;
    this.#onDispose = undefined;
    return onDispose?.();
  }
}

let running: AppContext | undefined;
/** A library that stays loaded sets its model once a process, so the next app begins with it, as in the worker. */
let lastModel: ProgrammingModel | undefined;
let intercepted = false;

function app(): AppContext {
  if (running === undefined) throw systemError(new Error('The function host of this process has stopped.'));
  return running;
}

/**
 * The module that the Node.js worker provides and that no package installs. `@azure/functions` keeps the object of its
 * first `require` for ever, so there is one object a process, and it speaks for the app that runs.
 * Source: https://github.com/Azure/azure-functions-nodejs-worker, `src/setupCoreModule.ts` and `src/coreApi/`
 */
const functionsCore = {
  version: '3.0.0',
  hostVersion: '4.1037.0',
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    const owner = app();
    const { id } = owner.register(metadata, callback);
    return new Disposable(() => owner.unregister(id));
  },
  registerHook(name: string, callback: HookCallback): Disposable {
    const callbacks = callbacksOf(app().hooks, name);
    callbacks.push(callback);
    return new Disposable(() => {
      const index = callbacks.indexOf(callback);
      if (index !== -1) callbacks.splice(index, 1);
    });
  },
  setProgrammingModel(model: ProgrammingModel): void {
    app().programmingModel = model;
    lastModel = model;
  },
  getProgrammingModel: (): ProgrammingModel | undefined => app().programmingModel,
  log(level: LogLevel, category: LogCategory, message: string): void {
    running?.log(level, category, message);
  },
  Disposable,
};

/**
 * Makes `require('@azure/functions-core')` answer in this process: from CommonJS, from an ES module's `createRequire`,
 * and from packages that either imports. Call it before the app is loaded.
 *
 * @returns ends the app's turn; after that another app may be installed.
 * @throws when an app runs in this process already: the state of `@azure/functions` is one a process.
 */
export function installFunctionsCore(context: AppContext): () => void {
  if (running !== undefined) throw new Error('A function app runs in this process already: start one host a process.');
  running = context;
  context.programmingModel = lastModel;
  if (!intercepted) {
    intercepted = true;
    Module.prototype.require = new Proxy(Module.prototype.require, {
      apply: (target, self, parameters) =>
        parameters[0] === moduleName ? functionsCore : Reflect.apply(target, self, parameters),
    });
  }
  return () => {
    if (running === context) running = undefined;
  };
}
