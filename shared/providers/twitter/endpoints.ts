/** OAuth 2.0: https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code */
export const twitterEndpoints = {
  authorization: 'https://x.com/i/oauth2/authorize',
  token: 'https://api.x.com/2/oauth2/token',
  revocation: 'https://api.x.com/2/oauth2/revoke',
  user: 'https://api.x.com/2/users/me',
};

/** OAuth 1.0a: https://docs.x.com/fundamentals/authentication/api-reference */
export const twitterOAuth1Endpoints = {
  requestToken: 'https://api.x.com/oauth/request_token',
  authorization: 'https://api.x.com/oauth/authenticate',
  accessToken: 'https://api.x.com/oauth/access_token',
  verifyCredentials: 'https://api.x.com/1.1/account/verify_credentials.json',
};
