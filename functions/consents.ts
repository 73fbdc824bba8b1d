import { httpTrigger } from './http-trigger.ts';

httpTrigger('consents', 'consents', ['GET'], ({ consents }) => consents);
httpTrigger('consent', 'consents/{backend}', ['POST'], ({ consent }) => consent);
httpTrigger('withdrawal', 'consents/{backend}', ['DELETE'], ({ withdrawal }) => withdrawal);
