import type { EntryView } from '../../shared/sessions/entry-view.ts';
import { signInLink } from './auth.ts';
import { element } from './element.ts';
import { moment } from './words.ts';

/** Says that refreshing fails, or has failed for good. */
export function createTroubleView() {
  const root = element('div', { role: 'alert' });
  let shown = '';
  return {
    root,
    /** Drawn anew only when it changes, so that it is read out once. `now` in milliseconds since 1970 UTC. */
    update({ refresh_state: { failures, refused, due_on } }: EntryView, now: number): void {
      const state = JSON.stringify([failures, refused, due_on]);
      if (state === shown) return;
      shown = state;
      const text = refused ? finished(refused, now) : failing(failures, due_on, now);
      root.replaceChildren(...(text ? [text] : []));
    },
  };
}

function finished({ on, reason }: { on: string; reason: string }, now: number): HTMLElement {
  return element(
    'p',
    {},
    element('strong', {}, `The provider refused the refresh token for good at ${moment(Date.parse(on), now)}.`),
    ' Consent was withdrawn, or the refresh token expired or was used elsewhere. The access token stays until it expires; after that, only a new sign-in helps. ',
    signInLink('Sign in again', { prompt: 'login' }),
    ' ',
    element('small', {}, element('code', {}, reason)),
  );
}

function failing(failures: number, dueOn: string | undefined, now: number): HTMLElement | undefined {
  if (failures === 0) return undefined;
  const tries =
    failures === 1 ? 'The last try to refresh has failed.' : `The last ${failures} tries to refresh have failed.`;
  const next = dueOn === undefined ? '' : ` The next is due at ${moment(Date.parse(dueOn), now)}.`;
  return element('p', {}, element('strong', {}, tries), ` The tokens are kept as they are.${next}`);
}
