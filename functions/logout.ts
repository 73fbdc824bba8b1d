import { logout, logoutComplete } from '../shared/endpoints/logout.ts';
import { httpTrigger } from './http-trigger.ts';

httpTrigger('logout', 'logout', ['GET', 'POST'], logout);
httpTrigger('logoutComplete', 'logout/complete', ['GET'], logoutComplete);
