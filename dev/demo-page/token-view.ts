import { element } from './element.ts';
import { type DecodedJwt, decodeJwt } from './jwt.ts';
import { moment } from './words.ts';

/** A token of the signed-in user: its text is in the page only while it is revealed. */
export interface TokenView {
  readonly root: HTMLElement;
  update(token: string): void;
}

const mask = '•'.repeat(16);

/** `name` as in `/.auth/me`, for example `id_token`. `announce` tells whether copying succeeded. */
export function createTokenView(name: string, announce: (text: string) => void): TokenView {
  let token = '';
  let isRevealed = false;

  const id = `token-${name}`;
  const title = element('h3', {}, element('code', {}, name));
  const masked = element('code', { class: 'masked', 'aria-hidden': 'true' }, mask);
  const about = element('p', { class: 'quiet' });
  const reveal = element('button', { type: 'button', 'aria-controls': id });
  const copy = element('button', { type: 'button' }, 'Copy', forListeners(name));
  const content = element('div', { id });
  const summary = element('div', {}, element('div', { class: 'name' }, title, masked), about);
  const buttons = element('div', { class: 'buttons' }, reveal, copy);
  const root = element('article', { class: 'token' }, element('header', {}, summary, buttons), content);

  reveal.addEventListener('click', () => {
    isRevealed = !isRevealed;
    draw();
  });
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(token);
      announce(`The ${name} is in the clipboard.`);
    } catch {
      announce('The browser did not allow copying. Reveal the token and copy it by hand.');
    }
  });

  function draw(): void {
    const decoded = decodeJwt(token);
    reveal.replaceChildren(isRevealed ? 'Hide' : 'Reveal', forListeners(name));
    reveal.setAttribute('aria-expanded', String(isRevealed));
    about.textContent = `${token.length.toLocaleString('en')} characters, ${kind(decoded)}`;
    masked.hidden = isRevealed;
    content.replaceChildren(
      ...(isRevealed ? [element('code', { class: 'secret' }, token), ...(decoded ? decodedParts(decoded) : [])] : []),
    );
  }

  return {
    root,
    update(newToken) {
      if (newToken === token) return;
      token = newToken;
      draw();
    },
  };
}

function kind(decoded: DecodedJwt | undefined): string {
  if (!decoded) return 'opaque: only the provider can read it';
  const { exp } = decoded.payload;
  return typeof exp === 'number' ? `a signed JWT that expires at ${moment(exp * 1000, Date.now())}` : 'a signed JWT';
}

function decodedParts({ header, payload }: DecodedJwt): HTMLElement[] {
  return [
    element('h4', {}, 'Header'),
    element('pre', { tabindex: 0, role: 'group', 'aria-label': 'Header' }, JSON.stringify(header, null, 2)),
    element('h4', {}, 'Payload'),
    element('pre', { tabindex: 0, role: 'group', 'aria-label': 'Payload' }, JSON.stringify(payload, null, 2)),
  ];
}

/** Which token a button is about, for those who do not see what surrounds it. */
function forListeners(name: string): HTMLElement {
  return element('span', { class: 'listeners-only' }, ` ${name}`);
}
