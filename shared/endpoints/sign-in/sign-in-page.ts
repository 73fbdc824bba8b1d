import type { App } from '../../app.ts';
import { markup } from '../../http/markup.ts';
import { page } from '../../http/pages.ts';
import { html, redirect } from '../../http/respond.ts';
import type { Provider } from '../../providers/provider.ts';
import { branded, logoOf, providerLinks } from '../brand.ts';

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
  const links = providerLinks(providers.map((provider) => ({ address: address(provider), text: provider.title })));
  const content = markup`${logoOf(brand)}<p>Choose how you want to sign in.</p>\n${links}`;
  return html(page(brand.title ?? 'Sign in', content.html, branded(brand)));
}
