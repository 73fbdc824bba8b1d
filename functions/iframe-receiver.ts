import { httpTrigger } from './http-trigger.ts';

// As with `done`: its name must stand before `login`, which has a route that matches too.
httpTrigger('iframeReceiver', 'login/iframereceiver', ['GET'], ({ iframeReceiver }) => iframeReceiver);
