import type { RegisteredFunction } from './app-context.ts';
import { onBehalfOf } from './function-error.ts';
import { substituteSettings } from './host-json.ts';
import { type Ncrontab, parseNcrontab } from './ncrontab.ts';
import type { Binding } from './rpc.ts';

/** An output binding to a Storage queue; `$return` is the function's return value. */
interface QueueOutput {
  bindingName: string;
  queueName: string;
  connection: string | undefined;
}

/** A registered function as this host runs it. */
export type HostedFunction = {
  name: string;
  registered: RegisteredFunction;
  /** Of the trigger. */
  bindingName: string;
  outputs: QueueOutput[];
} & (
  | { kind: 'http'; route: string; methods: string[] }
  | { kind: 'timer'; scheduleText: string; schedule: Ncrontab; runOnStartup: boolean; useMonitor: boolean }
  | { kind: 'queue'; queueName: string; connection: string | undefined }
);

/**
 * Reads the bindings of a function: one HTTP, timer or queue trigger, and output bindings to HTTP and to queues.
 *
 * @throws Error in one sentence that names the function, for a binding that is wrong or unknown here.
 */
export function hostFunction(registered: RegisteredFunction, settings: NodeJS.ProcessEnv): HostedFunction {
  return onBehalfOf(registered.metadata.name, () => describe(registered, settings));
}

function describe(registered: RegisteredFunction, settings: NodeJS.ProcessEnv): HostedFunction {
  const { name, bindings } = registered.metadata;
  if (!/^(?!host$)[a-z][\w-]{0,127}$/i.test(name)) {
    throw new Error('the name must begin with a letter and hold letters, digits, "_" and "-" alone.');
  }
  const all = Object.entries(bindings);
  const [trigger, ...others] = all.filter(([, { direction }]) => direction !== 'out');
  if (trigger === undefined) throw new Error('it has no trigger.');
  if (others.length > 0) throw new Error(`the local host knows no input binding "${others[0]?.[1].type}".`);
  const outputs = all.filter(([, { direction }]) => direction === 'out').flatMap((each) => toOutput(each, settings));
  const [bindingName, binding] = trigger;
  const common = { name, registered, bindingName, outputs };
  switch (binding.type?.toLowerCase()) {
    case 'httptrigger': {
      const methods = Array.isArray(binding.methods) ? binding.methods.map((each) => `${each}`.toUpperCase()) : [];
      return { ...common, kind: 'http', route: text(binding.route) || name, methods };
    }
    case 'timertrigger': {
      const scheduleText = substituteSettings(text(binding.schedule), settings);
      const schedule = parseNcrontab(scheduleText);
      const useMonitor = binding.useMonitor !== false;
      return {
        ...common,
        kind: 'timer',
        scheduleText,
        schedule,
        useMonitor,
        runOnStartup: binding.runOnStartup === true,
      };
    }
    case 'queuetrigger':
      return { ...common, kind: 'queue', ...toQueue(binding, settings) };
    default:
      throw new Error(`the local host knows no trigger "${binding.type}".`);
  }
}

function toOutput([bindingName, binding]: [string, Binding], settings: NodeJS.ProcessEnv): QueueOutput[] {
  const type = binding.type?.toLowerCase();
  if (type === 'http') return [];
  if (type === 'queue') return [{ bindingName, ...toQueue(binding, settings) }];
  throw new Error(`the local host knows no output binding "${binding.type}".`);
}

function toQueue(binding: Binding, settings: NodeJS.ProcessEnv) {
  const queueName = substituteSettings(text(binding.queueName), settings);
  // https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata
  if (!/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(queueName)) throw new Error(`"${queueName}" is no queue name.`);
  return { queueName, connection: text(binding.connection) || undefined };
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
