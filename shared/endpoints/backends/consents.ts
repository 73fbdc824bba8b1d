import type { App } from '../../app.ts';
import { giveConsent, withdrawConsent } from '../../backends/consent.ts';
import { type BackendConsent, consentsOf } from '../../backends/consent-view.ts';
import { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import { json, noContent } from '../../http/respond.ts';
import { dotNetTime } from '../../sessions/entry-view.ts';

/** `GET {prefix}/consents`: the backends that may ask for tokens, and what the user has said and they have done. */
export async function consents(request: Request, app: App): Promise<Response> {
  const { session } = await app.authenticate(request);
  return json((await consentsOf(session, app)).map(consentAnswer));
}

/** `POST {prefix}/consents/{backend}`: the user lets this backend have tokens in their absence. */
export async function consent(request: Request, app: App): Promise<Response> {
  const { session } = await app.authenticate(request);
  if (!(await giveConsent(session, backendIn(request, app), app))) throw new TokenkeepError('session_ended');
  return noContent();
}

/** `DELETE {prefix}/consents/{backend}`: the user does so no more, on whichever device they had said yes. */
export async function withdrawal(request: Request, app: App): Promise<Response> {
  const { session } = await app.authenticate(request);
  await withdrawConsent(session, backendIn(request, app), app);
  return noContent();
}

function backendIn(request: Request, { settings }: App): string {
  return new URL(request.url).pathname.slice(`${settings.apiPrefix}/consents/`.length);
}

function consentAnswer({ backend, since, uses }: BackendConsent): object {
  const { name, title, purpose, providers } = backend;
  return {
    backend: name,
    title,
    purpose,
    providers: Object.fromEntries(providers),
    ...(since === undefined ? {} : { consented_on: dotNetTime(since) }),
    uses: uses.map((use) => ({
      provider_name: use.provider,
      purpose: use.purpose,
      first_on: dotNetTime(use.firstAt),
      last_on: dotNetTime(use.lastAt),
      count: use.count,
    })),
  };
}
