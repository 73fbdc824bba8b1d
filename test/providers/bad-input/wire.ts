/** What goes between the app and a vendor: `fetch` for the app, and every secret that was seen on the way. */
export interface Wire {
  readonly fetch: typeof globalThis.fetch;
  /** Adds the secrets among these parameters. */
  note(parameters: Iterable<readonly [string, unknown]>): void;
  /** Those of them that a text holds, whole or one part of a JWT. */
  secretsIn(text: string): string[];
  forget(): void;
}

const secretNames = new Set([
  ...['client_secret', 'client_assertion', 'code', 'code_verifier', 'oauth_verifier', 'authorization_code'],
  ...['access_token', 'refresh_token', 'id_token', 'access_token_secret', 'oauth_token', 'oauth_token_secret'],
  ...['fb_exchange_token', 'input_token', 'subject_token', 'appsecret_proof'],
]);
/** Shorter texts are in others by chance. */
const shortest = 8;

export function newWire(): Wire {
  const seen = new Set<string>();
  function note(parameters: Iterable<readonly [string, unknown]>): void {
    for (const [name, value] of parameters) {
      if (!secretNames.has(name) || typeof value !== 'string') continue;
      for (const part of [value, ...value.split('.')]) if (part.length >= shortest) seen.add(part);
    }
  }
  return {
    note,
    secretsIn: (text) => [...seen].filter((secret) => text.includes(secret)),
    forget: () => seen.clear(),
    async fetch(input, init) {
      const [, credentials] = new Headers(init?.headers).get('authorization')?.split(' ') ?? [];
      if (credentials) note([['access_token', credentials]]);
      if (init?.body) note(parametersIn(String(init.body)));
      const response = await fetch(input, init);
      note(parametersIn(await response.clone().text()));
      return response;
    },
  };
}

/** The members of a JSON object, or the parameters of a form. */
function parametersIn(body: string): Iterable<readonly [string, unknown]> {
  try {
    return Object.entries(JSON.parse(body) as object);
  } catch {
    return new URLSearchParams(body);
  }
}
