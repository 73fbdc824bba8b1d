import { refresh } from '../shared/endpoints/refresh.ts';
import { httpTrigger } from './http-trigger.ts';

httpTrigger('refresh', 'refresh', ['GET', 'POST'], refresh);
