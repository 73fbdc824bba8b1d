import { httpTrigger } from './http-trigger.ts';

httpTrigger('account', 'account', ['GET'], ({ account }) => account);
httpTrigger('accountAction', 'account', ['POST'], ({ accountAction }) => accountAction);
