import { health } from '../shared/endpoints/health.ts';
import { httpTrigger } from './http-trigger.ts';

httpTrigger('health', 'health', ['GET'], health);
