import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { Browser } from '../../../dev/provider/sign-in-client.ts';

interface Arrival {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

let servers: Server[] = [];

afterEach(() => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  servers = [];
});

/** A site that answers by path, and the requests it got. */
async function site(answers: Record<string, (response: ServerResponse) => void>) {
  const arrivals: Arrival[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    arrivals.push({ method: request.method, url: request.url, headers: request.headers, body });
    const answer = answers[request.url ?? ''];
    if (answer) answer(response);
    response.end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { arrivals, origin: `http://localhost:${port}`, address: `http://127.0.0.1:${port}` };
}

const redirect = (location: string, status = 302, cookie: string[] = []) => {
  return (response: ServerResponse) => response.writeHead(status, { location, 'set-cookie': cookie });
};

test('each redirect is a request of its own, with the cookies set on the way', async () => {
  const { origin, arrivals } = await site({
    '/start': redirect('/middle', 302, ['a=1; Path=/']),
    '/middle': redirect('/end', 303, ['b=2; Path=/end', 'a=; Path=/; Max-Age=0']),
    '/end': (response) => response.write('here'),
  });
  const browser = new Browser();
  const visit = await browser.get(`${origin}/start#part`);
  expect(visit).toMatchObject({ url: `${origin}/end#part`, body: 'here' });
  expect(visit.visited).toEqual([`${origin}/start#part`, `${origin}/middle#part`, `${origin}/end#part`]);
  expect(arrivals.map(({ headers }) => headers.cookie)).toEqual([undefined, 'a=1', 'b=2']);
  expect(browser.cookies(`${origin}/end`)).toEqual({ b: '2' });
});

test('requests look like a browser’s navigations', async () => {
  const { origin, arrivals } = await site({});
  await new Browser().get(origin, { 'Accept-Language': 'en', ACCEPT: 'text/plain' });
  expect(arrivals[0]?.headers).toMatchObject({
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-fetch-site': 'none',
    'accept-language': 'en',
    accept: 'text/plain',
  });
  await new Browser().post(origin, new URLSearchParams({ a: '1' }));
  expect(arrivals[1]).toMatchObject({
    method: 'POST',
    body: 'a=1',
    headers: {
      accept: expect.stringContaining('text/html'),
      origin,
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
    },
  });
});

test('after a post a 302 or 303 is fetched, a 307 is posted again', async () => {
  const { origin, arrivals } = await site({
    '/303': redirect('/end', 303),
    '/307': redirect('/end', 307),
  });
  await new Browser().post(`${origin}/303`, '{"a":1}', { 'Content-Type': 'application/json' });
  await new Browser().post(`${origin}/307`, '{"a":1}', { 'Content-Type': 'application/json' });
  const seen = arrivals.map(({ method, body, headers }) => [method, body, headers['content-type']]);
  expect(seen).toEqual([
    ['POST', '{"a":1}', 'application/json'],
    ['GET', '', undefined],
    ['POST', '{"a":1}', 'application/json'],
    ['POST', '{"a":1}', 'application/json'],
  ]);
});

test('headers of the caller stay with the site they were meant for', async () => {
  const other = await site({});
  const { origin, arrivals } = await site({ '/start': redirect(`${other.origin}/there`) });
  await new Browser().get(`${origin}/start`, { authorization: 'Bearer secret' });
  expect(arrivals[0]?.headers.authorization).toBe('Bearer secret');
  expect(other.arrivals[0]?.headers.authorization).toBeUndefined();
});

test('a page that sends its form by itself brings only the cookies that may cross sites', async () => {
  const target = await site({
    '/cookies': (response) =>
      response.writeHead(200, { 'set-cookie': ['lax=1; Path=/', 'none=1; Path=/; Secure; SameSite=None'] }),
  });
  const form = (action: string) => (response: ServerResponse) =>
    response.write(
      `<form method="post" action="${action}"><input name="code" value="&amp;1"></form><script>document.forms[0].submit()</script>`,
    );
  const { origin, address } = await site({ '/form': form(`${target.origin}/callback`) });
  const browser = new Browser();
  await browser.get(`${target.origin}/cookies`);
  await browser.get(`${address}/form`);
  const end = await browser.get(`${origin}/form`);
  expect(end.url).toBe(`${target.origin}/callback`);
  const [, crossSite, sameSite] = target.arrivals;
  expect(crossSite).toMatchObject({
    method: 'POST',
    body: 'code=%261',
    headers: { cookie: 'none=1', origin: address },
  });
  expect(crossSite?.headers['sec-fetch-site']).toBe('cross-site');
  expect(sameSite).toMatchObject({ method: 'POST', headers: { cookie: 'lax=1; none=1', origin } });
  expect(sameSite?.headers['sec-fetch-site']).toBe('same-site');
});

test('an app’s own scheme ends the way without a request', async () => {
  const { origin } = await site({ '/start': redirect('my-app://callback#token=1') });
  const { url, response, visited } = await new Browser().get(`${origin}/start`);
  expect([url, response.status]).toEqual(['my-app://callback#token=1', 302]);
  expect(visited.at(-1)).toBe(url);
});

test('redirects without an end are given up', async () => {
  const { origin, arrivals } = await site({ '/start?secret': redirect('/start?secret') });
  await expect(new Browser().get(`${origin}/start?secret`)).rejects.toThrow(/^More than 30 steps from [^?]*\/start$/);
  expect(arrivals).toHaveLength(30);
});

test('getOnly gives the redirect itself', async () => {
  const { origin, arrivals } = await site({ '/start': redirect('/end', 302, ['a=1; Path=/']) });
  const browser = new Browser();
  const response = await browser.getOnly(`${origin}/start`);
  expect([response.status, response.headers.get('location')]).toEqual([302, '/end']);
  expect(browser.cookies(origin)).toEqual({ a: '1' });
  expect(arrivals).toHaveLength(1);
});

test('a button that is not there is an error that shows no query', async () => {
  const { origin } = await site({});
  const browser = new Browser();
  const page = await browser.get(`${origin}/page?code=secret`);
  expect(() => browser.press(page, 'account', 'nobody@example.com')).toThrow(
    `The page at ${origin}/page has no button account=nobody@example.com`,
  );
});
