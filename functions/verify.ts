import { httpTrigger } from './http-trigger.ts';

httpTrigger('verify', 'verify', ['GET'], ({ verify }) => verify);
