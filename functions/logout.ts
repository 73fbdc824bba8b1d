import { httpTrigger } from './http-trigger.ts';

httpTrigger('logout', 'logout', ['GET', 'POST'], ({ logout }) => logout);
httpTrigger('logoutComplete', 'logout/complete', ['GET'], ({ logoutComplete }) => logoutComplete);
