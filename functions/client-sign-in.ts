import { httpTrigger } from './http-trigger.ts';

httpTrigger('clientSignIn', 'login/{provider}', ['POST'], ({ clientSignIn }) => clientSignIn);
