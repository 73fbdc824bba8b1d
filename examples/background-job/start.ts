import { exampleStack, type RunningExample } from '../example.ts';
import { type JobSettings, postNote } from './job.ts';
import { startNotesApi } from './notes-api.ts';

/** How often the job runs, in milliseconds. */
const everySoOften = 10_000;

/** The demo user whose notes the job writes, by the id that the demo provider knows them by. */
const user = 'demo:demo-1001';

export async function start(print: (line: string) => void = console.log): Promise<
  RunningExample & {
    readonly origin: string;
    readonly notes: Awaited<ReturnType<typeof startNotesApi>>['notes'];
    run(): Promise<void>;
  }
> {
  const stack = await exampleStack({
    authJson: (document) => ({ ...document, backends: { notes: backend(document) } }),
  });
  const { provider, job } = stack.services;
  const api = await startNotesApi(`${provider.issuer}/userinfo`);
  const settings: JobSettings = {
    tokenkeep: stack.origin,
    tokenEndpoint: `${provider.issuer}/token`,
    ...job,
    user,
    provider: 'demo',
    notes: api.url,
  };
  const run = () => postNote(settings, `Written at ${new Date().toISOString()}.`);
  const timer = setInterval(() => {
    run().then(
      () => print(`Posted for ${user}: ${api.notes.length} so far.`),
      (error: Error) => print(`Nothing posted: ${error.message}`),
    );
  }, everySoOften);
  return {
    instructions: [
      `1. Sign in as Ada:    ${stack.origin}/.auth/login/demo?post_login_redirect_uri=/.auth/account`,
      '2. On that page, let "Nightly notes" have your tokens.',
      '3. Close the browser, and watch the job post for you every ten seconds. Ctrl-C ends it.',
    ],
    origin: stack.origin,
    notes: api.notes,
    run,
    async close() {
      clearInterval(timer);
      await stack.close();
      await api.close();
    },
  };
}

/** What auth.json says of the job: who issues its tokens, and what it may have. */
function backend({ identityProviders }: { identityProviders: { customOpenIdConnectProviders: object } }) {
  const { demo } = identityProviders.customOpenIdConnectProviders as Record<string, DemoRegistration>;
  const wellKnown = demo?.registration.openIdConnectConfiguration.wellKnownOpenIdConfiguration ?? '';
  return {
    title: 'Nightly notes',
    purpose: 'Writes a note for you while you are away',
    issuer: wellKnown.replace('/.well-known/openid-configuration', ''),
    audience: 'api://tokenkeep',
    applicationId: 'demo-job',
    scope: 'tokens.read',
    providers: { demo: ['*'] },
  };
}

interface DemoRegistration {
  readonly registration: {
    readonly openIdConnectConfiguration: { readonly wellKnownOpenIdConfiguration: string };
  };
}
