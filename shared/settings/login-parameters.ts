/** `name=value` texts as an object; of two with one name the later counts. */
export function parameters({
  loginParameters,
}: {
  readonly loginParameters: readonly string[];
}): Record<string, string> {
  return Object.fromEntries(
    loginParameters.map((parameter) => {
      const at = parameter.indexOf('=');
      return [parameter.slice(0, at), parameter.slice(at + 1)];
    }),
  );
}
