import type { App } from '../app.ts';
import { type Markup, markup } from '../http/markup.ts';
import type { PageExtras } from '../http/pages.ts';

type Brand = App['settings']['signInPage'];

/** The owner's logo; nothing where none is set. */
export function logoOf({ logoUrl }: Brand): Markup {
  return logoUrl ? markup`<img class="logo" src="${logoUrl}" alt="">\n` : markup``;
}

/** Links to providers, as wide as the page and as high as a finger. */
export function providerLinks(providers: readonly { readonly address: string; readonly text: string }[]): Markup {
  const links = providers.map(
    ({ address, text }) => markup`<li><a class="provider" href="${address}">${text}</a></li>\n`,
  );
  return markup`<ul class="providers">\n${links}</ul>`;
}

/** What a page needs that has these, in the colour of the brand where there is one. */
export function branded({ logoUrl, accentColor = 'LinkText' }: Brand): Pick<PageExtras, 'style' | 'image'> {
  const style = `
.logo { display: block; max-width: 100%; max-height: 4rem; margin: 0 0 1rem; }
.providers { list-style: none; margin: 1.25rem 0 0; padding: 0; display: grid; gap: .75rem;
  min-width: min(18rem, 100vw - 2.5rem); }
.provider { display: block; padding: .75rem 1rem; border: 1px solid color-mix(in srgb, CanvasText 30%, Canvas);
  border-left: .35rem solid ${accentColor}; border-radius: .4rem; text-decoration: none; color: CanvasText; }
.provider:hover { background: color-mix(in srgb, CanvasText 6%, Canvas); }
.provider:focus-visible { outline: 3px solid ${accentColor}; outline-offset: 2px; }
`;
  return { style, ...(logoUrl ? { image: logoUrl } : {}) };
}
