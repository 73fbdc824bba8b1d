import { httpTrigger } from './http-trigger.ts';

httpTrigger('login', 'login/{provider}', ['GET'], ({ login }) => login);
