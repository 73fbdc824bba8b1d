import { httpTrigger } from './http-trigger.ts';

httpTrigger('logout', 'logout', ['GET', 'POST'], ({ logout }) => logout);
httpTrigger('logoutComplete', 'logout/complete', ['GET'], ({ logoutComplete }) => logoutComplete);
// Where App Service lands in some places, and Container Apps always.
httpTrigger('logoutDone', 'logout/done', ['GET'], ({ logoutComplete }) => logoutComplete);
