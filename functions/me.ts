import { httpTrigger } from './http-trigger.ts';

httpTrigger('me', 'me', ['GET'], ({ me }) => me);
