import { httpTrigger } from './http-trigger.ts';

httpTrigger('appTokenSignIn', 'login', ['POST'], ({ appTokenSignIn }) => appTokenSignIn);
