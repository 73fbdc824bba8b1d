import { type Entry, TokenkeepError } from '../../client/index.ts';
import { auth } from './auth.ts';
import { createAnnouncer, createNotice } from './notice.ts';
import { pollDelay, quickly, startPolling } from './polling.ts';
import { createSignedInView, type SignedInView } from './signed-in.ts';
import { signedOutView } from './signed-out.ts';
import { byWhom, clockTime, sentence, whySignedOut } from './words.ts';

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
let refreshFailure: TokenkeepError | undefined;
/** When the tokens were issued that are shown. */
let issued = '';
let isAnswering = true;

auth.onChange((entries, reason) => {
  if (entries) showEntries(entries, Date.now());
  else showNobody(reason);
});
const readNow = startPolling(read);
setInterval(() => {
  if (document.hidden || shown === undefined || shown === 'nobody') return;
  for (const view of shown.views.values()) view.tick(Date.now());
}, 1_000);

/** Asks who is signed in, which is shown where it is news; gives the milliseconds until the next time. */
async function read(): Promise<number | undefined> {
  try {
    const entries = await auth.me();
    answers(true);
    notice(refreshFailure);
    return entries && pollDelay(entries, Date.now());
  } catch (error) {
    const failure = failureOf(error);
    answers(failure.status !== 0);
    notice(failure);
    return quickly;
  }
}

function answers(isNow: boolean): void {
  if (isNow && !isAnswering) announce('The function host answers again.');
  isAnswering = isNow;
}

function failureOf(error: unknown): TokenkeepError {
  if (!(error instanceof TokenkeepError)) throw error;
  if (error.code !== 'network') return error;
  return new TokenkeepError('network', 'The function host does not answer', {
    remedy: 'Look whether npm start is still running. This page asks again every few seconds.',
  });
}

function showNobody(failure: TokenkeepError | undefined): void {
  refreshFailure = undefined;
  notice(undefined);
  if (shown === 'nobody') return;
  const reason = failure && whySignedOut(failure, shown !== undefined);
  shown = 'nobody';
  replaceView(signedOutView(reason));
}

function showEntries(entries: readonly Entry[], now: number): void {
  if (shown === 'nobody') readNow();
  const who = entries.map(({ provider_name, user_id }) => `${provider_name} ${user_id}`).join();
  if (shown === undefined || shown === 'nobody' || shown.who !== who) {
    const views = new Map(
      entries.map((entry, index) => [
        entry.provider_name,
        createSignedInView(entry, { isSignIn: index === 0, announce, refresh }),
      ]),
    );
    shown = { who, views };
    replaceView(...[...views.values()].map(({ root }) => root));
  }
  issued = entries.map(({ refresh_state }) => refresh_state.issued_on).join();
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
  refreshFailure = undefined;
  const before = issued;
  try {
    await auth.refresh();
    if (issued === before) announce('Nothing to do: the token was refreshed less than 30 seconds ago.');
  } catch (error) {
    const failure = failureOf(error);
    if (failure.status === 401) return;
    // The entry says so itself from now on.
    if (failure.code === 'refresh_refused') announce(sentence(failure.message));
    else if (failure.status !== 0) refreshFailure = failure;
  }
  notice(refreshFailure);
  readNow();
}
