/** Origins (of an Enterprise Server the API has a path): `login/oauth/…` is below the first, `user` below the second. */
export const githubEndpoints = {
  web: 'https://github.com',
  api: 'https://api.github.com',
};
