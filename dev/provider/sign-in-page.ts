import type { IncomingMessage } from 'node:http';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { type DemoAccount, demoAccounts, findDemoAccount } from './accounts.ts';
import { interactionPath } from './configuration.ts';
import { errorPage } from './error-page.ts';
import { formTargets, type Html, html, sendPage } from './html-page.ts';

const formBytes = 4096;

/**
 * Serves the sign-in page, with a button for each account, and takes its answer. oidc-provider sends the browser here
 * when a request needs the user; a cookie that is sent to this address alone says which request that is.
 */
export function signInPages(provider: Provider) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    if (!ctx.path.startsWith(interactionPath)) {
      await next();
      return;
    }
    try {
      if (ctx.method === 'GET') await ask(provider, ctx);
      else if (ctx.method === 'POST') await takeAnswer(provider, ctx);
      else ctx.status = 405;
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      ctx.status = 400;
      const advice = 'This sign-in is over or has expired. Go back to the application and sign in again.';
      errorPage(ctx, { error: 'interaction_not_found', error_description: advice });
    }
  };
}

async function ask(provider: Provider, ctx: KoaContextWithOIDC): Promise<void> {
  const { params, prompt, session } = await provider.interactionDetails(ctx.req, ctx.res);
  if (prompt.name === 'consent') {
    ctx.status = 303;
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { consent: {} }));
    return;
  }
  const client = await provider.Client.find(String(params.client_id));
  const hinted = findDemoAccount(String(params.login_hint ?? ''));
  const accounts = hinted ? [hinted, ...demoAccounts.filter((account) => account !== hinted)] : demoAccounts;
  sendPage(ctx, {
    title: 'Sign in to Demo identity provider',
    content: html`<p>${client?.clientName ?? client?.clientId ?? 'An application'} asks who you are. Choose one of
these invented people.</p>
<form method="post">
${accounts.map((account) => accountButton(account, account === hinted, account.sub === session?.accountId))}
<button class="plain" name="cancel" value="yes">Cancel</button>
</form>`,
    formAction: formTargets(params.redirect_uri),
  });
}

function accountButton({ email, name }: DemoAccount, hinted: boolean, signedIn: boolean): Html {
  const note = signedIn ? ' (signed in)' : '';
  const start = html`<button name="account" value="${email}"`;
  return html`${start}${hinted ? html` autofocus` : ''}>${name} <small>${email}${note}</small></button>`;
}

/** An account answers whatever was asked at once (who are you, choose, consent), so that one press is enough. */
async function takeAnswer(provider: Provider, ctx: KoaContextWithOIDC): Promise<void> {
  const form = await readForm(ctx.req);
  const account = findDemoAccount(form?.get('account') ?? '');
  if (!account && !form?.has('cancel')) {
    ctx.status = 400;
    errorPage(ctx, { error: 'invalid_request', error_description: 'No such account.' });
    return;
  }
  const result = account
    ? { login: { accountId: account.sub }, select_account: {}, consent: {} }
    : { error: 'access_denied', error_description: 'The user cancelled the sign-in' };
  ctx.status = 303;
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false }));
}

/** The posted form, or nothing when it is larger than any that this page sends. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= formBytes) chunks.push(chunk);
  }
  return bytes > formBytes ? undefined : new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
