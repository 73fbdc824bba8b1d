import type { EntryView } from '../../shared/sessions/entry-view.ts';
import { accountLink, signOutLink } from './auth.ts';
import { createClaimsView } from './claims-view.ts';
import { element } from './element.ts';
import { createLifeView } from './life-view.ts';
import type { Life } from './lives.ts';
import { createTokenView, type TokenView } from './token-view.ts';

/** What a signed-in user sees of one entry. */
export interface SignedInView {
  readonly root: HTMLElement;
  /** Gives the life of a token that has replaced the one shown before. */
  update(entry: EntryView, now: number): Life | undefined;
  tick(now: number): void;
}

export interface SignedInParts {
  /** Whether the session was begun with this entry, or it is an account that was connected later. */
  readonly isSignIn: boolean;
  readonly announce: (text: string) => void;
  /** Refreshes now; resolves when that is settled. */
  readonly refresh: () => Promise<void>;
}

const tokenNames = ['access_token', 'id_token', 'refresh_token'] as const;

export function createSignedInView({ user_id, provider_name }: EntryView, parts: SignedInParts): SignedInView {
  const life = createLifeView();
  const claims = createClaimsView();
  const tokens = new Map<string, TokenView>();
  const tokenList = element('div', { class: 'tokens' });
  const root = element(
    'div',
    { class: 'signed-in' },
    element(
      'div',
      { class: 'who' },
      element(
        'div',
        {},
        parts.isSignIn ? element('h1', { id: 'title', tabindex: -1 }, user_id) : element('h2', {}, user_id),
        element(
          'p',
          { class: 'quiet' },
          `${parts.isSignIn ? 'Signed in' : 'Connected'} with the provider “${provider_name}”`,
        ),
      ),
      ...(parts.isSignIn ? [buttons(parts.refresh)] : []),
    ),
    life.root,
    element('section', { 'aria-label': 'Tokens' }, element('h2', {}, 'Tokens'), tokenList),
    element('section', { 'aria-label': 'Claims' }, element('h2', {}, 'Claims'), claims.root),
  );

  return {
    root,
    tick: life.tick,
    update(entry, now) {
      for (const name of tokenNames) showToken(name, entry[name]);
      claims.update(entry.user_claims);
      return life.update(entry, now);
    },
  };

  function showToken(name: string, token: string | undefined): void {
    const view = tokens.get(name);
    if (token === undefined) {
      view?.root.remove();
      tokens.delete(name);
      return;
    }
    const shown = view ?? createTokenView(name, parts.announce);
    shown.update(token);
    if (view) return;
    tokens.set(name, shown);
    tokenList.append(shown.root);
  }
}

function buttons(refresh: () => Promise<void>): HTMLElement {
  return element('div', { class: 'buttons' }, refreshButton(refresh), accountLink(), signOutLink('Sign out'));
}

/** One press at a time; the button keeps the focus while it waits. */
function refreshButton(refresh: () => Promise<void>): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'primary' }, 'Refresh now');
  let isWaiting = false;
  button.addEventListener('click', async () => {
    if (isWaiting) return;
    isWaiting = true;
    button.setAttribute('aria-disabled', 'true');
    button.textContent = 'Refreshing…';
    await refresh();
    isWaiting = false;
    button.removeAttribute('aria-disabled');
    button.textContent = 'Refresh now';
  });
  return button;
}
