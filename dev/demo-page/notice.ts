import type { TokenkeepError } from '../../client/index.ts';
import { element } from './element.ts';
import { failureSentences, sentence } from './words.ts';

/** What went wrong and what to do about it, in sentences; the code for who wants to look it up. */
export function failureText(failure: TokenkeepError): HTMLElement {
  const rest = failureSentences(failure);
  return element(
    'p',
    {},
    element('strong', {}, sentence(failure.message)),
    ...(rest === '' ? [] : [` ${rest}`]),
    ...(failure.status === 0 ? [] : [' ', element('small', {}, element('code', {}, failure.code))]),
  );
}

/** A place for one failure at a time. Drawn anew only when it changes, so that it is read out once. */
export function createNotice(place: HTMLElement): (failure: TokenkeepError | undefined) => void {
  let shown: string | undefined;
  return (failure) => {
    const text = failure && `${failure.message} ${JSON.stringify(failure)}`;
    if (text === shown) return;
    shown = text;
    place.replaceChildren(...(failure ? [failureText(failure)] : []));
  };
}

/** In milliseconds. */
const announcementStays = 12_000;

/** Says one short thing at a time in a live region, and takes it back after a while. */
export function createAnnouncer(place: HTMLElement): (text: string) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (text) => {
    clearTimeout(timer);
    place.textContent = text;
    timer = setTimeout(() => place.replaceChildren(), announcementStays);
  };
}
