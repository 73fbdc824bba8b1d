import { CookieJar } from './cookie-jar.ts';
import { formsOf, type HtmlForm } from './html-form.ts';
import { type NavigationRequest, sendNavigation } from './navigation-request.ts';

/** Where a navigation ended. */
export interface Visit {
  /** The last response; its body is already read, see `body`. */
  response: Response;
  /** The last address, fragment included. After a redirect to an app's own scheme, that address, with no request. */
  url: string;
  body: string;
  /** Every address on the way, the first and the last included. */
  visited: string[];
}

/** What to do on the sign-in page: press the button of an account, named by its email address, or cancel. */
export type SignInChoice = { account: string } | { cancel: true };

type Fetch = (url: string, request: NavigationRequest) => Promise<Response>;

interface Navigation {
  url: URL;
  method: 'GET' | 'POST';
  body?: string;
  /** Extra headers, for the origin that the navigation starts at. */
  headers: Record<string, string>;
  /** The page that led here; none when the user typed the address. */
  initiator?: URL;
}

const mostSteps = 30;
const answerMilliseconds = 15_000;

/**
 * A browser without a screen: cookies, redirects, forms, and pages that send their form by themselves. It fetches each
 * address with a request of its own, so that cookies are set and sent hop by hop as a real browser's are.
 */
export class Browser {
  readonly jar = new CookieJar();
  readonly #fetch: Fetch;

  /** `fetch` answers the requests in place of the network; it gets each redirect as a request of its own. */
  constructor(options: { fetch?: Fetch } = {}) {
    this.#fetch = options.fetch ?? sendNavigation;
  }

  /** Opens an address and follows where it leads. Throws when nothing answers or the redirects have no end. */
  get(url: string, headers: Record<string, string> = {}): Promise<Visit> {
    return this.#navigate({ url: new URL(url), method: 'GET', headers });
  }

  /** Posts a form, or a text with a content type of the caller's, and follows where that leads. */
  post(url: string, body: URLSearchParams | string, headers: Record<string, string> = {}): Promise<Visit> {
    const target = new URL(url);
    const sent = { 'content-type': 'application/x-www-form-urlencoded', ...lowerCased(headers) };
    return this.#navigate({ url: target, method: 'POST', body: body.toString(), headers: sent, initiator: target });
  }

  /** Opens one address and returns its answer as it is, a redirect too. Cookies are sent and kept. */
  async getOnly(url: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#request({ url: new URL(url), method: 'GET', headers: lowerCased(headers) });
  }

  /** Presses a button of a page by its name and value. Throws when the page has no such button. */
  press(page: Visit, name: string, value: string): Promise<Visit> {
    const form = formsOf(page.body, page.url).find(({ buttons }) =>
      buttons.some((button) => button.name === name && button.value === value),
    );
    if (!form) throw new Error(`The page at ${withoutQuery(page.url)} has no button ${name}=${value}`);
    return this.#navigate(submission(form, new URL(page.url), [name, value]));
  }

  /**
   * Opens an address that asks for a sign-in, answers the provider's page, and goes on to wherever that leads. When the
   * provider knows the browser already and asks nothing, the way simply ends sooner. A page that is not the provider's
   * ends it too.
   */
  async signIn(startUrl: string, choice: SignInChoice): Promise<Visit> {
    const page = await this.get(startUrl);
    const asks = formsOf(page.body, page.url).some(({ buttons }) => buttons.some(({ name }) => name === 'account'));
    if (!asks) return page;
    const [name, value] = 'account' in choice ? ['account', choice.account] : ['cancel', 'yes'];
    const end = await this.press(page, name, value);
    return { ...end, visited: [...page.visited, ...end.visited] };
  }

  /** Names and values of the cookies that this browser would send to the address. */
  cookies(url: string): Record<string, string> {
    return this.jar.cookies(url);
  }

  async #navigate(start: Navigation): Promise<Visit> {
    const startOrigin = start.url.origin;
    const visited = [start.url.href];
    let current: Navigation = { ...start, headers: lowerCased(start.headers) };
    for (let step = 0; step < mostSteps; step += 1) {
      const response = await this.#request(current);
      const body = await response.text();
      const next = redirection(current, response, startOrigin) ?? selfSubmission(current.url, body);
      if (!next) return { response, url: current.url.href, body, visited };
      visited.push(next.url.href);
      if (!/^https?:$/.test(next.url.protocol)) return { response, url: next.url.href, body, visited };
      current = next;
    }
    throw new Error(`More than ${mostSteps} steps from ${withoutQuery(start.url.href)}`);
  }

  async #request({ url, method, body, headers, initiator }: Navigation): Promise<Response> {
    const crossSite = initiator !== undefined && initiator.hostname !== url.hostname;
    const cookie = this.jar.header(url, { crossSite, method });
    const response = await this.#fetch(url.href, {
      method,
      redirect: 'manual',
      body: body ?? null,
      headers: {
        accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        'sec-fetch-site': siteRelation(initiator, url),
        ...(method === 'POST' && initiator ? { origin: initiator.origin } : {}),
        ...(cookie === undefined ? {} : { cookie }),
        ...headers,
      },
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    this.jar.store(url, response.headers.getSetCookie());
    return response;
  }
}

/** The request a redirect leads to: a GET, but for 307 and 308 (Fetch standard, HTTP-redirect fetch). */
function redirection(from: Navigation, response: Response, startOrigin: string): Navigation | undefined {
  const location = response.headers.get('location');
  if (location === null || ![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const url = new URL(location, from.url);
  if (url.hash === '') url.hash = from.url.hash;
  const repeats = response.status >= 307 || from.method === 'GET';
  const { 'content-type': contentType, ...others } = url.origin === startOrigin ? from.headers : {};
  const initiator = from.initiator ? { initiator: from.initiator } : {};
  if (!repeats) return { url, method: 'GET', headers: others, ...initiator };
  const headers = contentType === undefined ? others : { ...others, 'content-type': contentType };
  return { ...from, url, headers };
}

function selfSubmission(url: URL, body: string): Navigation | undefined {
  const form = formsOf(body, url).find(({ submitsItself }) => submitsItself);
  return form && submission(form, url);
}

function submission(form: HtmlForm, page: URL, pressed?: [name: string, value: string]): Navigation {
  const fields = new URLSearchParams([...form.fields, ...(pressed ? [pressed] : [])]);
  const url = new URL(form.action);
  if (form.method === 'get') {
    url.search = fields.toString();
    return { url, method: 'GET', headers: {}, initiator: page };
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { url, method: 'POST', body: fields.toString(), headers, initiator: page };
}

function siteRelation(initiator: URL | undefined, url: URL): string {
  if (!initiator) return 'none';
  if (initiator.origin === url.origin) return 'same-origin';
  return initiator.hostname === url.hostname ? 'same-site' : 'cross-site';
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
