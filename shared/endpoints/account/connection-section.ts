import type { App } from '../../app.ts';
import { type Markup, markup } from '../../http/markup.ts';
import type { Entry, Session } from '../../token-store/session.ts';
import { providerLinks } from '../brand.ts';
import { actionButton, shownTime } from './page-parts.ts';

/** The accounts that are connected, and links to connect more; nothing where there is no other provider. */
export function connectionSection({ provider: own, entries }: Session, app: App): Markup {
  const connected = Object.entries(entries).filter(([name]) => name !== own);
  const free = app.settings.providers.filter(({ name }) => !Object.hasOwn(entries, name));
  if (connected.length === 0 && free.length === 0) return markup``;
  const items = connected.map(([name, entry]) => connection(name, entry, app));
  const list = items.length === 0 ? markup`<p>None yet.</p>\n` : markup`<ul class="cards">\n${items}</ul>\n`;
  const { apiPrefix } = app.settings;
  const query = new URLSearchParams({ connect: '1', post_login_redirect_uri: `${apiPrefix}/account` });
  const links = free.map(({ name }) => ({
    address: `${apiPrefix}/login/${name}?${query}`,
    text: `Connect ${app.provider(name)?.title ?? name}`,
  }));
  return markup`<h2>Connected accounts</h2>\n${list}${links.length === 0 ? '' : providerLinks(links)}`;
}

function connection(name: string, { claims, subject, scopes = [], connectedAt }: Entry, app: App): Markup {
  const from = app.provider(name);
  const title = from?.title ?? name;
  const user = from?.displayName(claims, subject) ?? subject;
  const since = connectedAt === undefined ? '' : markup`<p class="detail">Connected ${shownTime(connectedAt)}.</p>\n`;
  const granted = scopes.map((scope) => markup`<li>${scope}</li>\n`);
  const list = granted.length === 0 ? '' : markup`<p>You have granted:</p>\n<ul>\n${granted}</ul>\n`;
  return markup`<li>
<h3>${title}: ${user}</h3>
${since}${list}${actionButton(app, { action: 'disconnect', field: ['provider', name], label: 'Remove', about: markup` ${title}` })}
</li>\n`;
}
