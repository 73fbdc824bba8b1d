import type { EntryView } from '../../shared/sessions/entry-view.ts';
import { type Failure, readEntries, refreshTokens } from './api.ts';
import { createAnnouncer, createNotice } from './notice.ts';
import { pollDelay, quickly, startPolling } from './polling.ts';
import { createSignedInView, type SignedInView } from './signed-in.ts';
import { signedOutView, whySignedOut } from './signed-out.ts';
import { byWhom, clockTime, sentence } from './words.ts';

const place = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element "${id}".`);
  return found;
};
const notice = createNotice(place('notice'));
const announce = createAnnouncer(place('announcement'));

/** Who is shown: absent before the first answer, `nobody` when signed out. */
let shown: { readonly who: string; readonly views: ReadonlyMap<string, SignedInView> } | 'nobody' | undefined;
/** What the last press of the button came to; shown until the next press. */
let refreshFailure: Failure | undefined;
let isAnswering = true;

const readNow = startPolling(read);
setInterval(() => {
  if (document.hidden || shown === undefined || shown === 'nobody') return;
  for (const view of shown.views.values()) view.tick(Date.now());
}, 1_000);

/** Reads the entries and shows them; gives the milliseconds until the next time. */
async function read(): Promise<number | undefined> {
  const answer = await readEntries();
  const wasAnswering = isAnswering;
  isAnswering = answer.ok || answer.failure.status !== undefined;
  if (isAnswering && !wasAnswering) announce('The function host answers again.');
  if (!answer.ok) return showFailure(answer.failure);
  notice(refreshFailure);
  const now = Date.now();
  showEntries(answer.value, now);
  return pollDelay(answer.value, now);
}

function showFailure(failure: Failure): number | undefined {
  if (failure.status !== 401) {
    notice(failure);
    return quickly;
  }
  showNobody(failure);
  return undefined;
}

function showNobody(failure: Failure): void {
  refreshFailure = undefined;
  notice(undefined);
  if (shown === 'nobody') return;
  const reason = whySignedOut(failure, shown !== undefined);
  shown = 'nobody';
  replaceView(signedOutView(reason));
}

function showEntries(entries: readonly EntryView[], now: number): void {
  const who = entries.map(({ provider_name, user_id }) => `${provider_name} ${user_id}`).join();
  if (shown === undefined || shown === 'nobody' || shown.who !== who) {
    const views = new Map(
      entries.map((entry) => [entry.provider_name, createSignedInView(entry, { announce, refresh })]),
    );
    shown = { who, views };
    replaceView(...[...views.values()].map(({ root }) => root));
  }
  for (const entry of entries) {
    const renewed = shown.views.get(entry.provider_name)?.update(entry, now);
    if (!renewed) continue;
    refreshFailure = undefined;
    notice(undefined);
    announce(`Refreshed ${renewed.by === undefined ? '' : `${byWhom(renewed.by)} `}at ${clockTime(renewed.issued)}.`);
  }
}

/** Whoever worked in the old view with the keyboard goes on at the heading of the new one. */
function replaceView(...roots: readonly HTMLElement[]): void {
  const view = place('view');
  const hadFocus = view.contains(document.activeElement);
  view.replaceChildren(...roots);
  if (hadFocus) view.querySelector('h1')?.focus();
}

async function refresh(): Promise<void> {
  const answer = await refreshTokens();
  refreshFailure = undefined;
  if (answer.ok) {
    if (!answer.value.refreshed) announce('Nothing to do: the token was refreshed less than 30 seconds ago.');
  } else if (answer.failure.status === 401) {
    showNobody(answer.failure);
    return;
  } else if (answer.failure.code === 'refresh_refused') {
    // The entry says so itself from now on.
    announce(sentence(answer.failure.title));
  } else if (answer.failure.status !== undefined) {
    refreshFailure = answer.failure;
  }
  notice(refreshFailure);
  readNow();
}
