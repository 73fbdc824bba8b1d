import { httpTrigger } from './http-trigger.ts';

httpTrigger('verify', 'verify', ['GET'], ({ verify }) => verify);
httpTrigger('verifyPath', 'verify/{*path}', ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], ({ verify }) => verify);
