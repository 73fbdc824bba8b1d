import { httpTrigger } from './http-trigger.ts';

httpTrigger('userToken', 'users/{user}/tokens/{provider}', ['GET'], ({ userToken }) => userToken);
