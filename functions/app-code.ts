import { httpTrigger } from './http-trigger.ts';

httpTrigger('appCode', 'login/{provider}/token', ['GET'], ({ appCodeExchange }) => appCodeExchange);
