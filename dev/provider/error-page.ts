import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { html, sendPage } from './html-page.ts';

/** The page for a request that cannot be answered with a redirect, such as one from an unknown client. */
export function errorPage(ctx: KoaContextWithOIDC, { error, error_description }: ErrorOut): void {
  const content = html`<p>${error_description ?? 'The request cannot be served.'}</p>
<p><code>${error}</code></p>`;
  sendPage(ctx, { title: 'Demo identity provider: error', content });
}
