/** Puts an entry into a map that keeps the `most` recently used: the order of a map is then the order of use. */
export function keepRecent<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): Value {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) {
    const [oldest] = map.keys();
    map.delete(oldest as Key);
  }
  return value;
}
