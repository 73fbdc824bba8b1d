import { login } from '../shared/endpoints/login.ts';
import { httpTrigger } from './http-trigger.ts';

httpTrigger('login', 'login/{provider}', ['GET'], login);
