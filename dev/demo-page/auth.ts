import { createClient } from '../../client/index.ts';
import { element } from './element.ts';

export const auth = createClient({ provider: 'demo' });

const signInAddress = '/.auth/login/demo?post_login_redirect_uri=/';

/** Signs in and comes back to this page; `prompt` is for the provider (OpenID Connect Core section 3.1.2.1). */
export function signInLink(text: string, options: { class?: string; prompt?: string } = {}): HTMLAnchorElement {
  const { prompt, ...attributes } = options;
  const parameters = prompt === undefined ? {} : { prompt };
  const href = `${signInAddress}${prompt === undefined ? '' : `&prompt=${prompt}`}`;
  return acting(element('a', { ...attributes, href }, text), () =>
    auth.signIn('demo', { redirectTo: '/', parameters }),
  );
}

export function signOutLink(text: string): HTMLAnchorElement {
  const link = element('a', { class: 'button', href: '/.auth/logout?post_logout_redirect_uri=/' }, text);
  return acting(link, () => auth.signOut({ redirectTo: '/' }));
}

/** To the page of sessions, connected accounts and consents, which is the app's own. */
export function accountLink(): HTMLAnchorElement {
  return element('a', { class: 'button', href: '/.auth/account' }, 'Your account');
}

/** The client goes where the link leads, and tells the other tabs; for a new tab or window the browser does. */
function acting(link: HTMLAnchorElement, act: () => Promise<void>): HTMLAnchorElement {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void act();
  });
  return link;
}
