import { createHash } from 'node:crypto';
import type { TokenkeepError } from '../errors/tokenkeep-error.ts';

export interface Page {
  readonly body: string;
  /** Content-Security-Policy that allows this page's own style and script, by hash, and nothing else. */
  readonly policy: string;
}

const commonStyle = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { display: grid; min-height: 100dvh; margin: 0; place-items: center; }
main { box-sizing: border-box; max-width: 34rem; padding: 2rem 1.25rem; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .75rem; }
p { margin: .5rem 0; }
code { font: .875em ui-monospace, monospace; opacity: .75; }
a { color: LinkText; }
`;

/** What a page may have beyond the common look. */
export interface PageExtras {
  /** Inline; the Content-Security-Policy allows just this one, by its hash. */
  readonly script?: string;
  readonly style?: string;
  /** The one image that may be loaded: an absolute URL. */
  readonly image?: string;
  /** The one origin whose pages may show it in a frame. */
  readonly embedder?: string;
  /** Whether it has forms, which may be sent to its own origin. */
  readonly forms?: boolean;
}

/** A page of ours: a heading and what stands below it, as safe HTML. */
export function page(title: string, content: string, extras: PageExtras = {}): Page {
  const { script = '', image, embedder = "'none'", forms = false } = extras;
  const style = commonStyle + (extras.style ?? '');
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const scriptSource = script === '' ? "'none'" : hash(script);
  const imageSource = image === undefined ? "'none'" : sourceOf(new URL(image));
  return {
    policy: `default-src 'none'; style-src ${hash(style)}; script-src ${scriptSource}; img-src ${imageSource}; frame-ancestors ${embedder}; base-uri 'none'; form-action ${forms ? "'self'" : "'none'"}`,
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
${script === '' ? '' : `<script>${script}</script>\n`}</body>
</html>
`,
  };
}

/** An address as a source expression, which has no query and none of the characters that divide policies (CSP 3 section 2.3.1). */
function sourceOf({ origin, pathname }: URL): string {
  return origin + pathname.replace(/[;,]/g, encodeURIComponent);
}

/** What a person sees when a navigation ends in an error: what happened, what to do, and the code to quote. */
export function errorPage(error: TokenkeepError, loginPath: string | undefined): Page {
  const { title, remedy } = error.row;
  const lines = [
    error.detail ? `<p>${escapeHtml(asSentence(error.detail))}</p>` : '',
    `<p>${escapeHtml(remedy)}</p>`,
    loginPath ? `<p><a href="${escapeHtml(loginPath)}">Sign in</a></p>` : '',
    `<p><code>${error.code}</code></p>`,
  ];
  return page(title, lines.filter(Boolean).join('\n'));
}

/** Begins with a capital letter, unless its first word is a name such as `id_token`. */
function asSentence(detail: string): string {
  return `${detail.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())}.`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
