import type { App } from '../../app.ts';
import { page } from '../../http/pages.ts';
import { html } from '../../http/respond.ts';
import { completionOrigin } from '../../sign-in/ending.ts';
import { single } from '../route.ts';
import { isTrustedOrigin } from '../trusted-origin.ts';
import { inertJson } from './inert-json.ts';

/** What Microsoft's client calls the frame, and where the completion page looks for it. */
export const receiverName = 'zumo-login-receiver';

const script = `
const { origin } = JSON.parse(document.querySelector('#receiver').textContent);
window.transferLoginResult = (envelope) => parent.postMessage(JSON.stringify(envelope), origin);
`;

/**
 * `GET {prefix}/login/iframereceiver?completion_origin=`: a page for a frame in the app's page, where a window cannot
 * send messages to its opener. The completion page in that window, which has the same origin, calls it; it passes the
 * outcome on to the page around it, as JSON text. Only a page of that origin may frame it.
 */
export async function iframeReceiver(request: Request, app: App): Promise<Response> {
  const requested = single(new URL(request.url).searchParams, 'completion_origin');
  const origin = completionOrigin(requested, (one) => isTrustedOrigin(one, app));
  const content = `<p>This page passes the outcome of a sign-in on.</p>\n${inertJson('receiver', { origin })}`;
  return html(page('Sign-in', content, { script, embedder: origin }));
}
