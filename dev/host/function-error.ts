/** Runs `step`, and puts the function's name before the message of what it throws. */
export function onBehalfOf<T>(name: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new Error(`Function "${name}": ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
