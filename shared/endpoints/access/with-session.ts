import type { App } from '../../app.ts';
import type { Handler } from '../handle.ts';
import { slid } from '../session/sliding.ts';
import { type SignedInUser, signedInUser } from './signed-in-user.ts';

/**
 * A handler of this same app for those who are signed in, whatever carries their session token. Everybody else is
 * answered as by any other route: 401, or for a browser that navigates a page that leads to the sign-in. What another
 * site had the browser do with the cookie is refused as well.
 *
 *     httpTrigger('orders', '/api/orders', ['GET'], ({ withSession }) => withSession(orders));
 *
 *     async function orders(_request: Request, user: SignedInUser): Promise<Response> {
 *       const { accessToken } = await user.getToken('aad', { scopes: ['https://graph.microsoft.com/Mail.Read'] });
 *       …
 *     }
 */
export function withSession(run: (request: Request, user: SignedInUser) => Promise<Response>): Handler {
  return async (request: Request, app: App) => {
    const authenticated = await app.authenticate(request);
    const response = await run(request, signedInUser(authenticated.session, app));
    // The headers of an answer that was fetched cannot be added to.
    return slid(new Response(response.body, response), authenticated, app);
  };
}
