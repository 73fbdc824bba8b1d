import { createHash } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';

const style = `
:root { color-scheme: light dark; --page: #f3f4f8; --card: #fff; --text: #1b1d28; --quiet: #565b6e; --line: #d3d6e0; --edge: #858ba2;
  --accent: #3046c5; --hover: #eef0fb; }
@media (prefers-color-scheme: dark) { :root { --page: #14161d; --card: #1e212b; --text: #eceef6; --quiet: #a9aec1;
  --line: #3b4050; --edge: #767d96; --accent: #a3b1ff; --hover: #272b3a; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 1.75rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.3; }
p { margin: 0 0 1.25rem; color: var(--quiet); overflow-wrap: anywhere; }
p:last-child { margin: 0; }
form, .choices { display: grid; gap: .6rem; }
button { width: 100%; min-height: 3rem; padding: .6rem .9rem; border: 1px solid var(--edge); border-radius: 10px;
  background: transparent; color: inherit; font: inherit; text-align: left; cursor: pointer; }
button:hover { background: var(--hover); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button small { display: block; color: var(--quiet); }
button.plain { text-align: center; }
`;

const styleSource = sourceOf(style);

/** A piece of HTML that is safe to send; made by `html` alone. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A template tag that escapes every value but `Html`, so no request can put markup or a script into a page. */
export function html(strings: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  const texts = values.map((value) => {
    if (Array.isArray(value)) return value.map(({ text }) => text).join('');
    return value instanceof Html ? value.text : escapeHtml(value);
  });
  return new Html(String.raw({ raw: strings }, ...texts));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Answers with a page. Its policy forbids everything but its own style and, when given, its own script and posting to
 * these addresses; Chromium holds every redirect that answers a form to `form-action` too, hence more than 'self'.
 */
export function sendPage(
  ctx: KoaContextWithOIDC,
  page: { title: string; content: Html; script?: string; formAction?: string[] },
): void {
  const policy = [
    "default-src 'none'",
    `style-src ${styleSource}`,
    ...(page.script === undefined ? [] : [`script-src ${sourceOf(page.script)}`]),
    `form-action ${page.formAction?.join(' ') ?? "'none'"}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  ctx.set('Content-Security-Policy', policy.join('; '));
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Referrer-Policy', 'same-origin');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.type = 'html';
  ctx.body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
<h1>${page.title}</h1>
${page.content}
</main>
${page.script === undefined ? '' : new Html(`<script>${page.script}</script>`)}
</body>
</html>
`.text;
}

/** A Content Security Policy source that allows this one inline text. */
function sourceOf(inline: string): string {
  return `'sha256-${createHash('sha256').update(inline).digest('base64')}'`;
}

/** Where a form may lead: here, to any program on this machine, and to the address the client asked to return to. */
export function formTargets(returnAddress: unknown): string[] {
  const own = ["'self'", 'http://localhost:*', 'http://127.0.0.1:*'];
  const url = typeof returnAddress === 'string' ? URL.parse(returnAddress) : null;
  return url ? [...own, url.origin === 'null' ? url.protocol : url.origin] : own;
}
