import { httpTrigger } from './http-trigger.ts';

httpTrigger('sessions', 'sessions', ['GET'], ({ sessions }) => sessions);
httpTrigger('endSessions', 'sessions', ['DELETE'], ({ endSessions }) => endSessions);
httpTrigger('endOneSession', 'sessions/{id}', ['DELETE'], ({ endOneSession }) => endOneSession);
