import type { App } from '../../app.ts';
import { escapeHtml, page } from '../../http/pages.ts';
import { html, redirect } from '../../http/respond.ts';
import type { Provider } from '../../providers/provider.ts';

/**
 * `GET {prefix}/login`: the configured providers to choose from, without any script. Where there is one to go to, it
 * redirects there at once. The parameters of the address go along, as `login/{provider}` knows them.
 */
export async function signInPage(request: Request, app: App): Promise<Response> {
  const { settings } = app;
  const { search } = new URL(request.url);
  const providers = settings.providers.flatMap(({ name }) => app.provider(name) ?? []);
  const address = ({ name }: Pick<Provider, 'name'>) => `${settings.apiPrefix}/login/${name}${search}`;
  const [first, ...others] = providers;
  const only = settings.redirectToProvider ? app.provider(settings.redirectToProvider) : first;
  if (only && (settings.redirectToProvider !== undefined || others.length === 0)) return redirect(address(only));

  const brand = settings.signInPage;
  const links = providers.map(
    (provider) =>
      `<li><a class="provider" href="${escapeHtml(address(provider))}">${escapeHtml(provider.title)}</a></li>`,
  );
  const logo = brand.logoUrl ? `<img class="logo" src="${escapeHtml(brand.logoUrl)}" alt="">\n` : '';
  const content = `${logo}<p>Choose how you want to sign in.</p>\n<ul class="providers">\n${links.join('\n')}\n</ul>`;
  const extras = { style: style(brand), ...(brand.logoUrl ? { image: brand.logoUrl } : {}) };
  return html(page(brand.title ?? 'Sign in', content, extras));
}

/** A link as wide as the page and as high as a finger, in the colour of the brand where there is one. */
function style({ accentColor = 'LinkText' }: App['settings']['signInPage']): string {
  return `
.logo { display: block; max-width: 100%; max-height: 4rem; margin: 0 0 1rem; }
.providers { list-style: none; margin: 1.25rem 0 0; padding: 0; display: grid; gap: .75rem; min-width: 18rem; }
.provider { display: block; padding: .75rem 1rem; border: 1px solid color-mix(in srgb, CanvasText 30%, Canvas);
  border-left: .35rem solid ${accentColor}; border-radius: .4rem; text-decoration: none; color: CanvasText; }
.provider:hover { background: color-mix(in srgb, CanvasText 6%, Canvas); }
.provider:focus-visible { outline: 3px solid ${accentColor}; outline-offset: 2px; }
`;
}
