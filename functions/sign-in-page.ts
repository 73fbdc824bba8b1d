import { httpTrigger } from './http-trigger.ts';

httpTrigger('signInPage', 'login', ['GET'], ({ signInPage }) => signInPage);
