/** Environment variables: what Azure Functions makes of the app settings. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The app settings by name. */
export type SettingValues = ReadonlyMap<string, string>;

/** An empty app setting counts as not set, as in the portal. */
export function settingValues(environment: Environment): SettingValues {
  const isSet = (entry: [string, string | undefined]): entry is [string, string] => (entry[1] ?? '') !== '';
  return new Map(Object.entries(environment).filter(isSet));
}
