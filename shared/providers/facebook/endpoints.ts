/** Origins; the Graph version is put behind them. */
export const facebookEndpoints = {
  dialog: 'https://www.facebook.com',
  graph: 'https://graph.facebook.com',
};
