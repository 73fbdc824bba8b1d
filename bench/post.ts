import { type Agent, request } from 'node:http';

/** One POST over the agent's connections, its answer read to the end. Rejects where that is not status 200. */
export function post(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  body: string = '',
): Promise<void> {
  return new Promise((resolve, reject) => {
    request(
      url,
      { agent, method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        answer.resume();
        answer.once('end', () =>
          answer.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${answer.statusCode}`)),
        );
      },
    )
      .once('error', reject)
      .end(body);
  });
}
