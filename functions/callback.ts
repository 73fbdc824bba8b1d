import { callback } from '../shared/endpoints/callback.ts';
import { httpTrigger } from './http-trigger.ts';

httpTrigger('callback', 'login/{provider}/callback', ['GET', 'POST'], callback);
