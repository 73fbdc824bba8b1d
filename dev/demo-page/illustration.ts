import { svgElement } from './element.ts';

/** Where each bar of the picture starts, in its own units; all are as long. */
const starts = [6, 74, 142, 210];
const length = 104;
const step = 40;
const thickness = 14;

/** A picture without times, for the first look: each token is followed by the next before it ends. */
export function illustration(): SVGSVGElement {
  const bars = starts.map((x, index) => {
    const y = 8 + index * step;
    const next = starts[index + 1];
    const state = next === undefined ? 'current' : 'replaced';
    const box = { x, y, height: thickness, rx: thickness / 2 };
    return [
      svgElement('rect', { class: `rest ${state}`, ...box, width: length }),
      svgElement('rect', { class: `used ${state}`, ...box, width: (next ?? x + 34) - x }),
      ...(next === undefined
        ? []
        : [svgElement('line', { class: 'handover', x1: next, x2: next, y1: y + thickness / 2, y2: y + step })]),
    ];
  });
  const marks = starts.map((x, index) =>
    svgElement('circle', {
      class: `mark refresh ${index === starts.length - 1 ? 'current' : 'replaced'}`,
      cx: x,
      cy: 8 + index * step + thickness / 2,
      r: 6,
    }),
  );
  const height = starts.length * step;
  return svgElement(
    'svg',
    { class: 'illustration', viewBox: `-2 0 320 ${height}`, 'aria-hidden': 'true', focusable: 'false' },
    ...bars.flat(),
    ...marks,
  );
}
