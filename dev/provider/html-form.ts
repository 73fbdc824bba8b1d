/** A form of a page, ready to be sent: where to, how, and the fields that every press of a button sends along. */
export interface HtmlForm {
  action: string;
  method: 'get' | 'post';
  fields: [name: string, value: string][];
  buttons: { name: string; value: string }[];
  /** Whether a script on the page sends the form at once, as form_post responses do. */
  submitsItself: boolean;
}

/**
 * The forms of a page. Reads the plain HTML that sign-in pages are made of: `input` and `button` elements with quoted
 * attributes, inside the form or bound to it by a `form` attribute. Not a parser for HTML at large.
 */
export function formsOf(body: string, url: URL | string): HtmlForm[] {
  const elements = [...body.matchAll(/<(form|input|button|\/form)\b((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi)];
  const found: { id: string | undefined; form: HtmlForm }[] = [];
  let open: HtmlForm | undefined;
  for (const [, tag = '', text = ''] of elements) {
    const attributes = attributesOf(text);
    const element = tag.toLowerCase();
    if (element === 'form') {
      open = emptyForm(attributes, url);
      found.push({ id: attributes.get('id'), form: open });
    } else if (element === '/form') {
      open = undefined;
    } else {
      const bound = attributes.get('form');
      addControl(bound === undefined ? open : found.find(({ id }) => id === bound)?.form, element, attributes);
    }
  }
  const scripts = [...body.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>|\bonload="([^"]*)"/gi)];
  const submits = scripts.some(([, script = '', handler = '']) => `${script}${handler}`.includes('.submit()'));
  return found.map(({ form }, index) => ({ ...form, submitsItself: submits && index === 0 }));
}

function emptyForm(attributes: Map<string, string>, url: URL | string): HtmlForm {
  const method = attributes.get('method')?.toLowerCase() === 'post' ? 'post' : 'get';
  const action = new URL(attributes.get('action') ?? '', url).href;
  return { action, method, fields: [], buttons: [], submitsItself: false };
}

function addControl(form: HtmlForm | undefined, element: string, attributes: Map<string, string>): void {
  const name = attributes.get('name') ?? '';
  const value = attributes.get('value') ?? '';
  const isButton = element === 'button' || attributes.get('type')?.toLowerCase() === 'submit';
  if (isButton) form?.buttons.push({ name, value });
  else if (name !== '') form?.fields.push([name, value]);
}

function attributesOf(text: string): Map<string, string> {
  const pairs = text.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g);
  return new Map(
    [...pairs].map(([, name = '', double, single]) => [name.toLowerCase(), decode(double ?? single ?? '')]),
  );
}

const namedCharacters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hexadecimal) return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    return namedCharacters[name.toLowerCase()] ?? whole;
  });
}
