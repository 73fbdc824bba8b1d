import type { DemoClient } from '../../../dev/provider/configuration.ts';

/** Where the application would be. Nothing listens there: the browser of these tests answers for it. */
export const callback = 'http://localhost:9/callback';
export const signedOut = 'http://localhost:9/signed-out';

/** The application that the provider of these tests knows. */
export const client: DemoClient = {
  client_id: 'app',
  client_secret: 'a secret of at least thirty-two characters',
  client_name: 'Test <b>application</b>',
  redirect_uris: [callback],
  post_logout_redirect_uris: [signedOut],
};
