import { httpTrigger } from './http-trigger.ts';

httpTrigger('callback', 'login/{provider}/callback', ['GET', 'POST'], ({ callback }) => callback);
