import * as z from 'zod';
import type { App } from '../../app.ts';
import { json } from '../../http/respond.ts';
import { jsonBody } from '../json-body.ts';
import { tokenReply } from '../session/token-reply.ts';

/** What may stand in a header, in which the token is looked for like any other. */
const body = z.object({ authenticationToken: z.string().regex(/^[!-~]+$/) });

/**
 * `POST {prefix}/login` with `{"authenticationToken": "…"}`: signs in with a session token that the app has kept, or
 * that one of its servers has made with the shared key. It opens the session that it names; no other is begun.
 */
export async function appTokenSignIn(request: Request, app: App): Promise<Response> {
  const { authenticationToken } = await jsonBody(request, body);
  const carrying = new Request(request.url, { headers: { 'x-zumo-auth': authenticationToken } });
  const { session, token, key } = await app.authenticate(carrying);
  return json(tokenReply(session, key === undefined ? token : await app.sessionTokens.issue(session, key)));
}
// The cookie that a browser may send along says nothing here, and none is set.
appTokenSignIn.guard = 'none' as const;
