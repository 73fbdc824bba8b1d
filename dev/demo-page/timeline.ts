import type { Life } from './lives.ts';
import { byWhom, clockTime } from './words.ts';

/** A text at a place, in pixels; `anchor` says which part of the text stands at `x`. */
export interface Label {
  readonly text: string;
  readonly x: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** One token's life as a bar; places in pixels from the left. */
export interface Bar {
  readonly life: Life;
  readonly left: number;
  /** Up to where it has been in use: until it was replaced, or until now. */
  readonly used: number;
  /** Its expiry; where that is not known, its replacement. */
  readonly right: number;
  readonly label: Label;
}

/** The picture of the last lives: time runs from left to right, one bar below the other. */
export interface Timeline {
  readonly width: number;
  readonly bars: readonly Bar[];
  readonly now: number;
  readonly ticks: readonly { readonly x: number; readonly text: string }[];
  /** Of the current token; absent where it is never refreshed, or never expires. */
  readonly due?: { readonly x: number; readonly label: Label };
  readonly expiry?: { readonly x: number; readonly label: Label };
  /** Whether the labels of due and expiry would touch in one line. */
  readonly isCrowded: boolean;
}

/** How many lives are drawn, and the room left of the first and right of the last moment, in pixels. */
const drawn = 5;
const margin = 10;
/** How wide a character of a label is at most, on average, in pixels. */
const characterWidth = 6.6;

/** Lays out the last lives as seen at `now` in `width` pixels. */
export function layOut(lives: readonly Life[], now: number, width: number): Timeline {
  const shown = lives.slice(-drawn);
  const start = shown[0]?.issued ?? now;
  const end = Math.max(now, start + 1, ...shown.flatMap(({ expires, due }) => [expires ?? start, due ?? start]));
  const scale = Math.max(width - 2 * margin, 1) / (end - start);
  const x = (time: number) => margin + (time - start) * scale;

  const bars = shown.map((life): Bar => {
    const inUseUntil = life.replaced ?? now;
    const right = life.expires ?? inUseUntil;
    return {
      life,
      left: x(life.issued),
      used: x(Math.max(life.issued, Math.min(inUseUntil, right))),
      right: x(Math.max(right, life.issued)),
      label: beside(
        `${clockTime(life.issued)} ${life.by === undefined ? 'sign-in' : byWhom(life.by)}`,
        x(life.issued),
        9,
        width,
      ),
    };
  });
  const { due, expires } = shown.at(-1) ?? {};
  const expiry = expires === undefined ? undefined : { x: x(expires), label: expiryLabel(expires, x(expires), width) };
  const dueMark = due === undefined ? undefined : { x: x(due), label: dueLabel(due, x(due), width, expiry?.label) };
  return {
    width,
    bars,
    now: x(now),
    ticks: labelled(ticksBetween(start, end, scale)).map(({ time, text }) => ({ x: x(time), text })),
    ...(dueMark ? { due: dueMark } : {}),
    ...(expiry ? { expiry } : {}),
    isCrowded: dueMark !== undefined && expiry !== undefined && overlap(dueMark.label, expiry.label),
  };
}

/** A label that starts `gap` right of `x`, or ends as far left of it where it would leave the picture. */
function beside(text: string, x: number, gap: number, width: number): Label {
  const length = text.length * characterWidth;
  if (x + gap + length <= width) return { text, x: x + gap, anchor: 'start' };
  return { text, x: Math.min(Math.max(x - gap, length), width), anchor: 'end' };
}

function expiryLabel(time: number, x: number, width: number): Label {
  return beside(`expires ${clockTime(time)}`, x, 0, width);
}

/** Below its mark, or moved to the left where it would touch the next label. */
function dueLabel(time: number, x: number, width: number, next: Label | undefined): Label {
  const text = `refresh due ${clockTime(time)}`;
  const half = (text.length * characterWidth) / 2;
  const middle: Label = { text, x: Math.min(x, width - half), anchor: 'middle' };
  if (!next || !overlap(middle, next)) return middle;
  return { text, x: Math.max(x, 2 * half), anchor: 'end' };
}

function overlap(one: Label, other: Label): boolean {
  const [first, second] = [span(one), span(other)];
  return first.from < second.to + characterWidth && second.from < first.to + characterWidth;
}

function span({ text, x, anchor }: Label): { from: number; to: number } {
  const length = text.length * characterWidth;
  const from = x - length * { start: 0, middle: 0.5, end: 1 }[anchor];
  return { from, to: from + length };
}

const minute = 60_000;
const hour = 60 * minute;
const steps = [5_000, 10_000, 15_000, 30_000, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute];
const longSteps = [hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 7 * 24 * hour];

/** Round local times from `start` to `end`, far enough apart at `scale` pixels a millisecond to be labelled. */
export function ticksBetween(start: number, end: number, scale: number): number[] {
  const step = [...steps, ...longSteps].find((each) => each * scale >= (each < minute ? 76 : 52));
  if (step === undefined) return [];
  const offset = new Date(start).getTimezoneOffset() * minute;
  const first = Math.ceil((start - offset) / step) * step + offset;
  const ticks: number[] = [];
  for (let time = first; time <= end; time += step) ticks.push(time);
  return ticks;
}

function labelled(ticks: readonly number[]): { time: number; text: string }[] {
  const withSeconds = ticks.some((time) => time % minute !== 0);
  return ticks.map((time) => ({ time, text: clockTime(time, withSeconds) }));
}
