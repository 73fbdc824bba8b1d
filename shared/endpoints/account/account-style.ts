/**
 * Of the account page. Colours are the system's own, which have the contrast that people have chosen, in light and in
 * dark; nothing moves.
 */
export const accountStyle = `
main { width: 100%; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; line-height: 1.25; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
.cards { list-style: none; margin: .75rem 0; padding: 0; display: grid; gap: .75rem; }
.cards > li { padding: .75rem 1rem; border: 1px solid color-mix(in srgb, CanvasText 30%, Canvas); border-radius: .4rem; }
.cards ul { margin: .5rem 0; padding-left: 1.25rem; }
.detail { color: color-mix(in srgb, CanvasText 75%, Canvas); font-size: .9rem; }
.here { font-weight: 600; }
[role=status] { padding: .6rem 1rem; border: 2px solid CanvasText; border-radius: .4rem; }
form { margin: .5rem 0 0; }
button, .button { display: inline-block; box-sizing: border-box; min-height: 2.75rem; padding: .55rem 1rem; font: inherit;
  color: ButtonText; background: ButtonFace; border: 1px solid color-mix(in srgb, CanvasText 60%, Canvas);
  border-radius: .4rem; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { border-color: CanvasText; text-decoration: underline; }
a:focus-visible, button:focus-visible { outline: 3px solid CanvasText; outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
