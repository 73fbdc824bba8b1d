import { httpTrigger } from './http-trigger.ts';

httpTrigger('refresh', 'refresh', ['GET', 'POST'], ({ refresh }) => refresh);
