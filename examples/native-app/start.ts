import { exampleStack, type RunningExample } from '../example.ts';
import { signIn } from './sign-in.ts';

/** Starts the stack, gives the address to open, and prints who has signed in there. */
export async function start(print: (line: string) => void = console.log): Promise<RunningExample> {
  const stack = await exampleStack({
    authJson: (document) => ({
      ...document,
      login: { ...(document['login'] as object), allowedExternalRedirectUrls: ['http://127.0.0.1/signed-in'] },
    }),
  });
  const address = Promise.withResolvers<string>();
  const signedIn = signIn(stack.origin, 'demo', address.resolve);
  const greeting = signedIn.then(({ authenticationToken }) => greetingOf(stack.origin, authenticationToken));
  greeting.then(print, (error: Error) => print(error.message));
  const instructions = [`Open this in a browser:\n\n  ${await address.promise}\n`, 'Ctrl-C ends it.'];
  return { instructions, close: () => stack.close() };
}

/** What `/.auth/me` says to the terminal, which sends its session token in a header. */
async function greetingOf(tokenkeep: string, token: string): Promise<string> {
  const response = await fetch(`${tokenkeep}/.auth/me`, {
    headers: { 'x-zumo-auth': token },
    signal: AbortSignal.timeout(10_000),
  });
  const [entry] = (await response.json()) as { user_id: string; expires_on: string }[];
  return `Signed in as ${entry?.user_id}; the access token is good until ${entry?.expires_on}.`;
}
