import type { EntryView } from '../../shared/sessions/entry-view.ts';
import { element } from './element.ts';
import type { Life } from './lives.ts';
import { byWhom, fromNow, moment } from './words.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** Issue, next refresh and expiry of the current access token, and whether it can be refreshed at all. */
export function createFactsView() {
  const cells = [0, 1, 2, 3].map(() => ({
    name: element('dt'),
    value: element('dd', { class: 'value' }),
    note: element('dd', { class: 'quiet' }),
  }));
  const groups = cells.map(({ name, value, note }) => element('div', {}, name, value, note));
  return {
    root: element('dl', { class: 'facts' }, ...groups),
    /** `now` in milliseconds since 1970 UTC. Only texts that differ are touched: somebody may be reading them. */
    update(entry: EntryView, life: Life, now: number): void {
      const facts = [issued(life, now), due(entry, life, now), expiry(life, now), refreshable(entry)];
      cells.forEach((cell, index) => {
        const fact = facts[index];
        if (!fact) return;
        for (const part of ['name', 'value', 'note'] as const) {
          if (cell[part].textContent !== fact[part]) cell[part].textContent = fact[part];
        }
      });
    },
  };
}

function issued({ issued, by }: Life, now: number): Fact {
  const note = by === undefined ? 'at the sign-in' : `refreshed ${byWhom(by)}`;
  return { name: 'Issued', value: moment(issued, now), note };
}

function due({ refreshable, refresh_state }: EntryView, { due }: Life, now: number): Fact {
  if (!refreshable) return { name: 'Refresh due', value: 'Never', note: 'a new sign-in is needed' };
  if (due === undefined) return { name: 'Refresh due', value: 'Never', note: 'on request only' };
  const name = refresh_state.failures > 0 ? 'Next try' : 'Refresh due';
  if (due <= now) return { name, value: 'Now', note: 'the timer looks every minute' };
  return { name, value: capital(fromNow(due, now)), note: `at ${moment(due, now)}` };
}

function expiry({ expires }: Life, now: number): Fact {
  if (expires === undefined) return { name: 'Expires', value: 'Unknown', note: 'the provider did not say' };
  const name = expires > now ? 'Expires' : 'Expired';
  return { name, value: capital(fromNow(expires, now)), note: `at ${moment(expires, now)}` };
}

function refreshable({ refreshable }: EntryView): Fact {
  return refreshable
    ? { name: 'Refreshable', value: 'Yes', note: 'refresh token kept on the server' }
    : { name: 'Refreshable', value: 'No', note: 'there is no usable refresh token' };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
