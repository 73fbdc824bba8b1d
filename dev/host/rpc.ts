/**
 * The shapes that cross the line between a Functions host and the programming model `@azure/functions`: the subset of
 * the worker's messages that HTTP, timer and queue functions use.
 * Source: the `types-core` declarations of https://github.com/Azure/azure-functions-nodejs-library
 */

type Optional<T> = T | null | undefined;

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type LogCategory = 'user' | 'system' | 'customMetric';

export interface TypedData {
  string?: Optional<string>;
  /** JSON text. */
  json?: Optional<string>;
  bytes?: Optional<Uint8Array>;
  int?: Optional<number>;
  double?: Optional<number>;
  http?: Optional<HttpData>;
}

interface Nullable<T> {
  value?: Optional<T>;
}

export type NullableStrings = Record<string, Nullable<string>>;

/** One HTTP message. A request has `method`, `url` and the nullable dictionaries; a response the rest. */
export interface HttpData {
  method?: string;
  url?: string;
  nullableHeaders?: NullableStrings;
  nullableParams?: NullableStrings;
  nullableQuery?: NullableStrings;
  body?: Optional<TypedData>;
  statusCode?: Optional<string>;
  headers?: Optional<Record<string, string>>;
  cookies?: Optional<HttpCookie[]>;
}

export interface HttpCookie {
  name?: Optional<string>;
  value?: Optional<string>;
  domain?: Optional<Nullable<string>>;
  path?: Optional<Nullable<string>>;
  /** Seconds since 1970-01-01 UTC. */
  expires?: Optional<Nullable<{ seconds?: Optional<number> }>>;
  secure?: Optional<Nullable<boolean>>;
  httpOnly?: Optional<Nullable<boolean>>;
  /** `none` means that the attribute is left out; `explicitNone` is SameSite=None. */
  sameSite?: Optional<'none' | 'lax' | 'strict' | 'explicitNone'>;
  /** Seconds. */
  maxAge?: Optional<Nullable<number>>;
}

/** A binding as registered: `type` and `direction`, and whatever the binding's own options are. */
export interface Binding {
  type?: Optional<string>;
  direction?: Optional<string>;
  [option: string]: unknown;
}

export interface FunctionMetadata {
  name: string;
  functionId?: string;
  bindings: Record<string, Binding>;
}

export type FunctionCallback = (...parameters: unknown[]) => unknown;

export interface ParameterBinding {
  name?: Optional<string>;
  data?: Optional<TypedData>;
}

export interface TraceContext {
  /** W3C trace context, https://www.w3.org/TR/trace-context/#traceparent-header */
  traceParent: string;
  traceState?: string;
}

export interface InvocationRequest {
  invocationId: string;
  functionId: string;
  inputData: ParameterBinding[];
  triggerMetadata: Record<string, TypedData>;
  traceContext: TraceContext;
}

export interface InvocationResponse {
  outputData?: Optional<ParameterBinding[]>;
  returnValue?: Optional<TypedData>;
}

/** What the host hands to the programming model for one invocation. */
export interface CoreInvocationContext {
  invocationId: string;
  request: InvocationRequest;
  metadata: FunctionMetadata;
  state?: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

export interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(defaults: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}
