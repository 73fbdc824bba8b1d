import { page } from '../../http/pages.ts';
import { html } from '../../http/respond.ts';

/**
 * The fragment of the address is for the client that opened this page; here it only decides what a person reads, and
 * leaves the address bar so that it does not stay in the history.
 */
const script = `
const failed = new URLSearchParams(location.hash.slice(1)).get('error');
if (failed !== null) {
  document.querySelector('h1').textContent = 'The sign-in did not succeed';
  document.querySelector('p').textContent = failed;
}
history.replaceState(null, '', location.pathname);
`;

/** `GET {prefix}/login/done`: where a sign-in lands that names no other place; clients read `#token=` or `#error=`. */
export async function done(): Promise<Response> {
  return html(page('You are signed in', '<p>You can close this page and go back to the app.</p>', { script }));
}
