import type { App } from '../../app.ts';
import type { BackendConsent } from '../../backends/consent-view.ts';
import { type Markup, markup } from '../../http/markup.ts';
import { type Page, page } from '../../http/pages.ts';
import type { Session } from '../../token-store/session.ts';
import { branded, logoOf } from '../brand.ts';
import { accountStyle } from './account-style.ts';
import { backendSection } from './backend-section.ts';
import { connectionSection } from './connection-section.ts';
import { actionButton, shownTime } from './page-parts.ts';

/** What the account page shows. */
export interface AccountView {
  /** The one that asks. */
  readonly session: Session;
  /** All of the user's. */
  readonly sessions: readonly Session[];
  readonly backends: readonly BackendConsent[];
  /** What an action has brought about. */
  readonly message?: string | undefined;
}

/** The page where users see and change what this app keeps of theirs. It has no script; its buttons are forms. */
export function accountPage({ session, sessions, backends, message }: AccountView, app: App): Page {
  const { signInPage: brand } = app.settings;
  const content = markup`${logoOf(brand)}${message === undefined ? '' : markup`<p role="status">${message}</p>\n`}
${userSection(session, app)}
${sessionSection(session, sessions, app)}
${connectionSection(session, app)}
${backendSection(backends, app)}`;
  const { style = '', ...extras } = branded(brand);
  return page('Your account', content.html, { ...extras, style: style + accountStyle, forms: true });
}

function userSection({ provider: name, entries }: Session, { provider }: App): Markup {
  const { claims = {}, subject = '' } = entries[name] ?? {};
  const from = provider(name);
  const user = from?.displayName(claims, subject) ?? subject;
  return markup`<p>Signed in as <strong>${user}</strong> with ${from?.title ?? name}.</p>
<p class="detail">All times are in UTC.</p>`;
}

function sessionSection(current: Session, sessions: readonly Session[], app: App): Markup {
  const others = sessions.filter(({ id }) => id !== current.id);
  const items = others.map((session) => {
    const device = session.device ?? 'unknown app';
    const about = markup` of ${device}, signed in ${shownTime(session.signedInAt)}`;
    return markup`<li>
<h3>${device}</h3>
${times(session)}
${actionButton(app, { action: 'end-session', field: ['id', session.id], label: 'Sign out', about })}
</li>\n`;
  });
  return markup`<h2>Where you are signed in</h2>
<ul class="cards">
<li>
<h3>${current.device ?? 'unknown app'}</h3>
<p class="here">This is where you are now.</p>
${times(current)}
<p><a class="button" href="${app.settings.apiPrefix}/logout">Sign out here</a></p>
</li>
${items}</ul>
${actionButton(app, { action: 'end-all', label: 'Sign out everywhere' })}`;
}

function times({ signedInAt, expiresAt }: Session): Markup {
  return markup`<p class="detail">Signed in ${shownTime(signedInAt)}. Lasts until ${shownTime(expiresAt)}, or longer if it is renewed.</p>`;
}
