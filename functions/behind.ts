// What is loaded behind the registration of the functions: the handlers, the app, and with them the Azure clients.
export { createApp } from '../shared/app.ts';
export { withSession } from '../shared/endpoints/access/with-session.ts';
export { handle } from '../shared/endpoints/handle.ts';
export { health } from '../shared/endpoints/health.ts';
export { keys } from '../shared/endpoints/keys.ts';
export { logout, logoutComplete } from '../shared/endpoints/session/logout.ts';
export { me } from '../shared/endpoints/session/me.ts';
export { refresh } from '../shared/endpoints/session/refresh.ts';
export { verify } from '../shared/endpoints/session/verify.ts';
export { appCodeExchange } from '../shared/endpoints/sign-in/app-code.ts';
export { appTokenSignIn } from '../shared/endpoints/sign-in/app-token-sign-in.ts';
export { callback } from '../shared/endpoints/sign-in/callback.ts';
export { clientSignIn } from '../shared/endpoints/sign-in/client-sign-in.ts';
export { done } from '../shared/endpoints/sign-in/done.ts';
export { iframeReceiver } from '../shared/endpoints/sign-in/iframe-receiver.ts';
export { login } from '../shared/endpoints/sign-in/login.ts';
export { signInPage } from '../shared/endpoints/sign-in/sign-in-page.ts';
export { recoverOne, sweepDue, visitAll } from '../shared/endpoints/visits.ts';
