import type { EntryView } from '../../shared/sessions/entry-view.ts';
import { element } from './element.ts';
import { moment } from './words.ts';

type Claim = EntryView['user_claims'][number];

/** Claims that count seconds since 1970 UTC (RFC 7519 section 4.1, OpenID Connect Core sections 2 and 5.1). */
const times: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'auth_time', 'updated_at']);

/** The claims as a table, in the order of the token. */
export function createClaimsView(): { readonly root: HTMLElement; update(claims: readonly Claim[]): void } {
  const body = element('tbody');
  const heads = ['Claim', 'Value'].map((text) => element('th', { scope: 'col' }, text));
  const root = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body);
  let shown = '';
  return {
    root,
    update(claims) {
      const text = JSON.stringify(claims);
      if (text === shown) return;
      shown = text;
      body.replaceChildren(
        ...claims.map(({ typ, val }) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, ...nameParts(typ)),
            element('td', {}, ...valueParts(typ, val)),
          ),
        ),
      );
    },
  };
}

/** The last part of a long name is what one looks for; the rest stands before it in small. */
function nameParts(typ: string): (HTMLElement | string)[] {
  const at = typ.lastIndexOf('/') + 1;
  return at === 0 ? [typ] : [element('small', {}, typ.slice(0, at)), element('wbr'), typ.slice(at)];
}

function valueParts(typ: string, val: string): (HTMLElement | string)[] {
  if (!times.has(typ) || !/^\d{9,11}$/.test(val)) return [val];
  return [val, ' ', element('small', {}, moment(Number(val) * 1000, Date.now()))];
}
