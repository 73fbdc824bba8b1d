import type { KoaContextWithOIDC } from 'oidc-provider';
import { formTargets, Html, html, sendPage } from './html-page.ts';

/**
 * The page at the end-session endpoint, around the form that oidc-provider made. With an ID token hint of the user who
 * is signed in it confirms by itself; otherwise it asks, since anyone could have sent the user here (OpenID Connect
 * RP-Initiated Logout section 2).
 */
export function endSessionPage(ctx: KoaContextWithOIDC, form: string): void {
  const { entities, params, session } = ctx.oidc;
  const hinted = entities.IdTokenHint?.payload.sub;
  const confirmed = hinted !== undefined && hinted === session?.accountId;
  sendPage(ctx, {
    title: 'Sign out of Demo identity provider',
    content: html`<p>This ends your session here, in this browser.</p>${new Html(form)}${confirmed ? confirmation : question}`,
    formAction: formTargets(params?.post_logout_redirect_uri),
    ...(confirmed ? { script: 'document.forms[0].submit();' } : {}),
  });
}

const confirmation = html`<div class="choices">
<input type="hidden" form="op.logoutForm" name="logout" value="yes">
<button class="plain" type="submit" form="op.logoutForm">Sign out</button>
</div>`;

const question = html`<div class="choices">
<button class="plain" type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button class="plain" type="submit" form="op.logoutForm">Stay signed in</button>
</div>`;

/** The page after a sign-out that named no address to return to. */
export function signedOutPage(ctx: KoaContextWithOIDC): void {
  sendPage(ctx, { title: 'Signed out', content: html`<p>You are signed out of Demo identity provider.</p>` });
}
