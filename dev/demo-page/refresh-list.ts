import { element } from './element.ts';
import type { Life } from './lives.ts';
import { refreshSentence } from './words.ts';

/** How many refreshes are in view at once; older ones unfold. */
const inView = 3;

/** The refreshes in words, newest first. */
export function refreshList(): { readonly root: HTMLElement; update(lives: readonly Life[], now: number): void } {
  const none = element('p', { class: 'quiet' });
  none.append('None yet. The timer looks every minute and refreshes the token when that is due.');
  const newest = element('ul', { class: 'refreshes' });
  const summary = element('summary');
  const older = element('ul', { class: 'refreshes' });
  const fold = element('details', {}, summary, older);
  const root = element('div', {}, element('h3', {}, 'Refreshes'), none, newest, fold);
  return {
    root,
    update(lives, now) {
      const sentences = lives.flatMap(({ issued, by }, index) =>
        by === undefined ? [] : [refreshSentence(issued, by, now, lives[index - 1]?.expires)],
      );
      const items = sentences.toReversed().map((text) => element('li', {}, text));
      none.hidden = items.length > 0;
      newest.replaceChildren(...items.slice(0, inView));
      older.replaceChildren(...items.slice(inView));
      summary.textContent = `Earlier (${Math.max(items.length - inView, 0)})`;
      fold.hidden = items.length <= inView;
    },
  };
}
