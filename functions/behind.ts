// What is loaded behind the registration of the functions: the handlers, the app, and with them the Azure clients.
export { createApp } from '../shared/app.ts';
export { callback } from '../shared/endpoints/callback.ts';
export { done } from '../shared/endpoints/done.ts';
export { handle } from '../shared/endpoints/handle.ts';
export { health } from '../shared/endpoints/health.ts';
export { keys } from '../shared/endpoints/keys.ts';
export { login } from '../shared/endpoints/login.ts';
export { logout, logoutComplete } from '../shared/endpoints/logout.ts';
export { me } from '../shared/endpoints/me.ts';
export { refresh } from '../shared/endpoints/refresh.ts';
export { recoverOne, sweepDue, visitAll } from '../shared/endpoints/visits.ts';
