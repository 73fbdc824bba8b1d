/**
 * Data for the script of a page, as an element that browsers neither run nor show. No `<` is left in it, so nothing in
 * it can end the element: https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
 */
export function inertJson(id: string, data: object): string {
  return `<script type="application/json" id="${id}">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>`;
}
