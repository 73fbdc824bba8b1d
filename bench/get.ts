import { type Agent, get as request } from 'node:http';

/** One GET over the agent's connections, its answer read to the end. Rejects where that is not status 200. */
export function get(url: string, agent: Agent, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    }).once('error', reject);
  });
}
