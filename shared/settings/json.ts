/** An object of JSON that no schema has checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a path such as `login.tokenStore`; undefined where there is nothing. */
export function valueAt(document: unknown, path: string): unknown {
  return path.split('.').reduce((value, name) => (isJsonObject(value) ? value[name] : undefined), document);
}

/** A copy with the value at the path. What stands in the way and is no object stays as it is. */
export function withValueAt(document: JsonObject, path: string, value: unknown): JsonObject {
  const [name = '', ...further] = path.split('.');
  if (further.length === 0) return { ...document, [name]: value };
  const inner = document[name] ?? {};
  return isJsonObject(inner) ? { ...document, [name]: withValueAt(inner, further.join('.'), value) } : document;
}

/** A copy without what stands at the path. */
export function withoutValueAt(document: JsonObject, path: string): JsonObject {
  const [name = '', ...further] = path.split('.');
  if (further.length === 0) return Object.fromEntries(Object.entries(document).filter(([key]) => key !== name));
  const inner = document[name];
  return isJsonObject(inner) ? { ...document, [name]: withoutValueAt(inner, further.join('.')) } : document;
}
