import { me } from '../shared/endpoints/me.ts';
import { httpTrigger } from './http-trigger.ts';

httpTrigger('me', 'me', ['GET'], me);
