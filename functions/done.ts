import { httpTrigger } from './http-trigger.ts';

// The host takes the first route that matches, in the order of function names: `done` must stand before `login`.
httpTrigger('done', 'login/done', ['GET'], ({ done }) => done);
