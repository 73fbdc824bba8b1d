import { keys } from '../shared/endpoints/keys.ts';
import { httpTrigger } from './http-trigger.ts';

httpTrigger('keys', 'keys', ['GET'], keys);
