import { svgElement } from './element.ts';
import type { Life } from './lives.ts';
import { type Bar, type Label, layOut, type Timeline } from './timeline.ts';

/** Heights in pixels: of the line above the bars, of a row with its label, of a bar, of a line of text below. */
const top = 24;
const row = 40;
const thickness = 12;
const line = 18;
const barTop = 18;

/** Draws the last lives as seen at `now` (milliseconds since 1970 UTC) in `width` pixels. */
export function drawTimeline(lives: readonly Life[], now: number, width: number): SVGSVGElement {
  const timeline = layOut(lives, now, width);
  const lines = (timeline.due || timeline.expiry ? 1 : 0) + (timeline.isCrowded ? 1 : 0);
  const bottom = top + timeline.bars.length * row + lines * line;
  const height = bottom + line + 6;
  return svgElement(
    'svg',
    { class: 'timeline', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', focusable: 'false' },
    ...axis(timeline, bottom),
    svgElement('line', { class: 'now', x1: timeline.now, x2: timeline.now, y1: top - 6, y2: bottom }),
    ...timeline.bars.flatMap((bar, index) => drawBar(bar, index, index === timeline.bars.length - 1)),
    ...drawMarks(timeline),
    nowLabel(timeline),
  );
}

function axis({ ticks, width }: Timeline, bottom: number): SVGElement[] {
  return [
    svgElement('line', { class: 'axis', x1: 0, x2: width, y1: bottom, y2: bottom }),
    ...ticks.flatMap(({ x, text }) => {
      const half = text.length * 3.3;
      const isAtEdge = x + half > width || x < half;
      return [
        svgElement('line', { class: 'grid', x1: x, x2: x, y1: top, y2: bottom + 4 }),
        ...(isAtEdge ? [] : [svgElement('text', { class: 'tick', x, y: bottom + 18 }, text)]),
      ];
    }),
  ];
}

function drawBar({ life, left, used, right, label }: Bar, index: number, isCurrent: boolean): SVGElement[] {
  const y = top + index * row + barTop;
  const radius = { rx: thickness / 2, ry: thickness / 2 };
  const box = (from: number, to: number) => ({
    x: from,
    y,
    width: Math.max(to - from, 2),
    height: thickness,
    ...radius,
  });
  const state = isCurrent ? 'current' : 'replaced';
  return [
    svgElement('rect', { class: `rest ${state}`, ...box(left, right) }),
    svgElement('rect', { class: `used ${state}`, ...box(left, used) }),
    // The hand-over from the bar above.
    ...(index === 0
      ? []
      : [svgElement('line', { class: 'handover', x1: left, x2: left, y1: y - row + thickness / 2, y2: y })]),
    mark(life.by, left, y + thickness / 2, state),
    drawLabel(label, y - 6, isCurrent ? 'label strong' : 'label'),
  ];
}

/** The sign-in is a ring, a refresh by the timer a disc, on request a square, for a reader a triangle. */
function mark(by: string | undefined, x: number, y: number, state: string): SVGElement {
  const shape = { class: `mark ${by === undefined ? 'sign-in' : 'refresh'} ${state}` };
  if (by === 'request') return svgElement('rect', { ...shape, x: x - 5.5, y: y - 5.5, width: 11, height: 11, rx: 1.5 });
  if (by === 'read') return svgElement('path', { ...shape, d: `M${x - 7} ${y + 6}L${x} ${y - 7}L${x + 7} ${y + 6}Z` });
  return svgElement('circle', { ...shape, cx: x, cy: y, r: 6 });
}

function drawMarks({ bars, due, expiry, isCrowded }: Timeline): SVGElement[] {
  const y = top + (bars.length - 1) * row + barTop;
  const below = y + thickness + line;
  const centre = y + thickness / 2;
  return [
    ...(due
      ? [
          svgElement('path', {
            class: 'due',
            d: `M${due.x} ${centre - 8}L${due.x + 6} ${centre}L${due.x} ${centre + 8}L${due.x - 6} ${centre}Z`,
          }),
          drawLabel(due.label, below, 'label'),
        ]
      : []),
    ...(expiry
      ? [
          svgElement('line', { class: 'expiry', x1: expiry.x, x2: expiry.x, y1: y - 4, y2: y + thickness + 4 }),
          drawLabel(expiry.label, isCrowded ? below + line : below, 'label'),
        ]
      : []),
  ];
}

function nowLabel({ now, width }: Timeline): SVGElement {
  return svgElement('text', { class: 'now-label', x: Math.min(Math.max(now, 14), width - 14), y: 12 }, 'now');
}

function drawLabel({ text, x, anchor }: Label, y: number, style: string): SVGElement {
  return svgElement('text', { class: style, x, y, 'text-anchor': anchor }, text);
}
