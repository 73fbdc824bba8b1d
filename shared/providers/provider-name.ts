/** Other names that clients and settings have for a provider. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['x', 'twitter'],
  ['azureactivedirectory', 'aad'],
  ['windowsazureactivedirectory', 'aad'],
]);

/** The name by which a provider is kept; paths and clients may write it in another case or by an alias. */
export function providerName(text: string): string {
  const name = text.toLowerCase();
  return aliases.get(name) ?? name;
}
