import type { EntryView } from '../../shared/sessions/entry-view.ts';
import { element } from './element.ts';
import { createFactsView } from './facts-view.ts';
import { type Life, remember } from './lives.ts';
import { refreshList } from './refresh-list.ts';
import { drawTimeline } from './timeline-view.ts';
import { createTroubleView } from './trouble-view.ts';
import { clockTime } from './words.ts';

/** How the access token of an entry lives: facts, picture and list of refreshes. */
export interface LifeView {
  readonly root: HTMLElement;
  /** Gives the life of a token that was not there before, unless it is the first this view sees. */
  update(entry: EntryView, now: number): Life | undefined;
  /** Lets the time go on; called each second. Milliseconds since 1970 UTC. */
  tick(now: number): void;
}

const title = 'The life of the access token';
const caption =
  'Each bar is one access token, from issue to expiry; the pale part is the time it had left when a newer one took its place. At most five are shown.';

/** Narrowest picture that can be read, in pixels. */
const narrowest = 240;

export function createLifeView(): LifeView {
  const facts = createFactsView();
  const trouble = createTroubleView();
  const picture = element('div', { class: 'picture', role: 'img' });
  const list = refreshList();
  const root = element(
    'section',
    { 'aria-label': title },
    element('h2', {}, title),
    facts.root,
    trouble.root,
    element('figure', {}, picture, element('figcaption', { class: 'quiet' }, caption)),
    list.root,
  );

  let lives: readonly Life[] = [];
  let entry: EntryView | undefined;

  function tick(now: number): void {
    const current = lives.at(-1);
    if (!entry || !current) return;
    facts.update(entry, current, now);
    picture.replaceChildren(drawTimeline(lives, now, Math.max(picture.clientWidth, narrowest)));
  }
  new ResizeObserver(() => tick(Date.now())).observe(picture);

  return {
    root,
    tick,
    update(newEntry, now) {
      const before = lives.at(-1)?.issued;
      entry = newEntry;
      lives = remember(lives, newEntry);
      const current = lives.at(-1);
      picture.setAttribute('aria-label', described(lives));
      trouble.update(newEntry, now);
      list.update(lives, now);
      tick(now);
      return before === undefined || current?.issued === before ? undefined : current;
    },
  };
}

/** The picture in words, without anything that changes by the second. */
function described(lives: readonly Life[]): string {
  const { issued, due, expires } = lives.at(-1) ?? {};
  const parts = [
    ...(issued === undefined ? [] : [`issued at ${clockTime(issued)}`]),
    ...(due === undefined ? [] : [`refresh due at ${clockTime(due)}`]),
    ...(expires === undefined ? [] : [`expires at ${clockTime(expires)}`]),
  ];
  const earlier = lives.length - 1;
  const before = earlier <= 0 ? 'No earlier token is known.' : `Earlier tokens known: ${earlier}.`;
  return `Timeline of the access token: ${parts.join(', ')}. ${before}`;
}
