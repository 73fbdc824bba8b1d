import { httpTrigger } from './http-trigger.ts';

httpTrigger('connections', 'connections', ['GET'], ({ connections }) => connections);
httpTrigger('endConnection', 'connections/{provider}', ['DELETE'], ({ endConnection }) => endConnection);
