import { httpTrigger } from './http-trigger.ts';

httpTrigger('keys', 'keys', ['GET'], ({ keys }) => keys);
