import type { App } from '../../app.ts';
import type { TokenkeepError } from '../../errors/tokenkeep-error.ts';
import type { Cookie } from '../../http/cookies.ts';
import { html, problem, redirect } from '../../http/respond.ts';
import type { Provider, SignedIn } from '../../providers/provider.ts';
import { deviceOf } from '../../sign-in/device.ts';
import type { Ending } from '../../sign-in/ending.ts';
import { cookieOf } from '../session/session-cookie.ts';
import { tokenReply } from '../session/token-reply.ts';
import { beginSession, beginSessionByCode } from './begin-session.ts';
import { completionPage } from './completion.ts';
import { replaceSession } from './replaced-session.ts';

/** What the end of a sign-in needs to know of its callback. */
export interface Arrival {
  readonly request: Request;
  readonly provider: Provider;
  readonly ending: Ending;
  /** The deletion of the attempt's cookie. */
  readonly cookie: Cookie;
}

/** Begins the session and hands it over in the way that the app has asked for. */
export async function land(signedIn: SignedIn, arrival: Arrival, app: App): Promise<Response> {
  const { request, provider, ending, cookie } = arrival;
  const signIn = { ...signedIn, device: deviceOf(request.headers.get('user-agent')) };
  if (ending.kind === 'code') {
    const code = await beginSessionByCode(provider, signIn, ending.challenge, app);
    return redirect(withFragment(landing(ending, app), 'authorization_code', code), [cookie]);
  }
  const { session, token } = await beginSession(provider, signIn, app);
  switch (ending.kind) {
    case 'token': {
      const reply = JSON.stringify(tokenReply(session, token));
      return redirect(withFragment(landing(ending, app), 'token', reply), [cookie]);
    }
    case 'message':
    case 'frame':
      return html(completionPage(ending, { oauth: tokenReply(session, token) }), 200, [cookie]);
    case 'cookie':
      await replaceSession(request, session, app);
      return redirect(landing(ending, app), [cookie, cookieOf(app, token)]);
  }
}

/** After an account was connected: the session is the same, and so is its cookie. */
export function landConnected({ ending, cookie }: Arrival, app: App): Response {
  return redirect(landing('target' in ending ? ending : {}, app), [cookie]);
}

/** Tells the app that nobody was signed in, in the way that it watches for. */
export function landFailed(error: TokenkeepError, arrival: Arrival, app: App): Response {
  const { request, provider, ending, cookie } = arrival;
  switch (ending.kind) {
    case 'token':
    case 'code':
      return redirect(withFragment(landing(ending, app), 'error', error.message), [cookie]);
    case 'message':
    case 'frame':
      return html(completionPage(ending, { error: error.message }), error.row.status, [cookie]);
    case 'cookie':
      return problem(error, request, `${app.settings.apiPrefix}/login/${provider.name}`, [cookie]);
  }
}

function landing({ target }: { readonly target?: string }, { settings }: App): string {
  return target ?? `${settings.publicOrigin}${settings.apiPrefix}/login/done`;
}

function withFragment(url: string, name: 'token' | 'authorization_code' | 'error', value: string): string {
  return `${url.split('#')[0]}#${name}=${encodeURIComponent(value)}`;
}
