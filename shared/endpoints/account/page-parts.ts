import type { App } from '../../app.ts';
import { type Markup, markup } from '../../http/markup.ts';
import type { EpochSeconds } from '../../platform.ts';

/** What a button of the account page does: the `action` of its form. */
export type AccountAction = 'end-session' | 'end-all' | 'disconnect' | 'consent-give' | 'consent-withdraw';

interface ActionButton {
  readonly action: AccountAction;
  /** What it is done to: name and value of the form's other field. */
  readonly field?: readonly [name: 'id' | 'provider' | 'backend', value: string];
  readonly label: string;
  /** What makes its name differ from that of its like; for those who do not see where it stands. */
  readonly about?: Markup;
}

/** A form of one button, which is sent to the account page. */
export function actionButton({ settings }: App, { action, field, label, about }: ActionButton): Markup {
  const further = field ? markup`<input type="hidden" name="${field[0]}" value="${field[1]}">\n` : '';
  return markup`<form method="post" action="${settings.apiPrefix}/account">
<input type="hidden" name="action" value="${action}">
${further}<button>${label}${about ? markup`<span class="unseen">${about}</span>` : ''}</button>
</form>`;
}

const format = new Intl.DateTimeFormat('en', {
  dateStyle: 'medium',
  timeStyle: 'short',
  hourCycle: 'h23',
  timeZone: 'UTC',
});

/** A time in UTC, to the minute. */
export function shownTime(at: EpochSeconds): Markup {
  const date = new Date(at * 1000);
  return markup`<time datetime="${date.toISOString()}">${format.format(date)}</time>`;
}
