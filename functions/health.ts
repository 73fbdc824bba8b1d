import { httpTrigger } from './http-trigger.ts';

httpTrigger('health', 'health', ['GET'], ({ health }) => health);
