import type { App } from '../../app.ts';
import type { BackendConsent } from '../../backends/consent-view.ts';
import { type Markup, markup } from '../../http/markup.ts';
import type { BackendUse } from '../../token-store/session.ts';
import { actionButton, shownTime } from './page-parts.ts';

/** The programs that may have the user's tokens while the user is away, and what they did; nothing without any. */
export function backendSection(backends: readonly BackendConsent[], app: App): Markup {
  if (backends.length === 0) return markup``;
  const items = backends.map((one) => backendItem(one, app));
  return markup`<h2>Programs that work while you are away</h2>\n<ul class="cards">\n${items}</ul>`;
}

function backendItem({ backend, since, uses }: BackendConsent, app: App): Markup {
  const { name, title, purpose, providers } = backend;
  const access = [...providers].map(
    ([provider, scopes]) => markup`<li>${titleOf(provider, app)}: ${described(scopes)}</li>\n`,
  );
  const state =
    since === undefined ? markup`You do not allow this.` : markup`You have allowed this since ${shownTime(since)}.`;
  const field = ['backend', name] as const;
  const about = markup` ${title}`;
  const button =
    since === undefined
      ? actionButton(app, { action: 'consent-give', field, label: 'Allow', about })
      : actionButton(app, { action: 'consent-withdraw', field, label: 'Withdraw', about });
  const done = uses.toReversed().map((use) => usedFor(use, app));
  return markup`<li>
<h3>${title}</h3>
<p>${purpose}</p>
<p>It gets access to:</p>
<ul>\n${access}</ul>
${done.length === 0 ? '' : markup`<p>It had your tokens for:</p>\n<ul>\n${done}</ul>\n`}<p class="here">${state}</p>
${button}
</li>\n`;
}

function usedFor({ purpose, provider, count, lastAt }: BackendUse, app: App): Markup {
  const often = count === 1 ? 'once,' : `${count} times, last`;
  return markup`<li>${purpose} <span class="detail">(${titleOf(provider, app)}, ${often} ${shownTime(lastAt)})</span></li>\n`;
}

function described(scopes: readonly string[]): string {
  return scopes.includes('*') ? 'all that you have granted' : scopes.join(', ');
}

function titleOf(provider: string, app: App): string {
  return app.provider(provider)?.title ?? provider;
}
