import { escapeHtml } from './pages.ts';

/** HTML in which all text is escaped. */
export interface Markup {
  readonly html: string;
}

/** What can be put into a template: text, which is escaped, and HTML that is safe already. */
type Part = string | number | Markup | readonly Markup[];

/** A template of HTML: what is put into it can add neither elements nor attributes. Attributes must stand in quotes. */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { html: literals.map((literal, index) => literal + safe(parts[index] ?? '')).join('') };
}

function safe(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'html' in part ? part.html : part.map(({ html }) => html).join('');
}
