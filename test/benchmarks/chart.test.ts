import t from 'tap';

import { chart } from '../../benchmarks/chart.ts';
import { panelsOf } from '../../benchmarks/scaling.ts';

const lines = [
  {
    name: 'a < b',
    points: [
      [10, 10],
      [100, 100],
      [1000, 1000],
    ],
  },
  {
    name: 'c',
    points: [
      [10, 1000],
      [100, 990],
    ],
  },
  {
    name: 'd',
    points: [
      [10, 900],
      [100, 985],
    ],
  },
] as const;

t.test('a chart: logarithmic axes, a line each, labels apart', async (t) => {
  const svg = chart('two "things"', [{ title: 'time', xTitle: 'pods', lines }]);
  t.match(svg, /^<svg [^>]*aria-label="two &quot;things&quot;"/);
  t.match(svg, />a &lt; b</, 'text is escaped');
  t.equal(svg.match(/<circle /g)?.length, 7, 'a point each');
  const path = /<path d="M([\d. L]+)" fill="none"/.exec(svg)?.[1] ?? '';
  const points = path.split('L').map((point) => point.split(' ').map(Number));
  const [first, middle, last] = points;
  t.ok(Math.abs((first![0]! + last![0]!) / 2 - middle![0]!) < 0.2, 'equal ratios are equal steps across');
  t.ok(Math.abs((first![1]! + last![1]!) / 2 - middle![1]!) < 0.2, 'and up');
  t.ok(first![1]! > last![1]!, 'more is higher');
  const labels = Array.from(svg.matchAll(/y="([\d.]+)" fill="#\w+" font-weight="600">(?:c|d)</g), ([, y]) =>
    Number(y),
  );
  t.ok(Math.abs(labels[0]! - labels[1]!) >= 15, 'labels of lines that end together');
  for (const tick of ['10', '100', '1,000']) t.match(svg, new RegExp(`text-anchor="middle">${tick}<`));
});

t.test('text is readable on white and on black', async (t) => {
  const svg = chart('x', [{ title: 'time', xTitle: 'pods', lines }]);
  t.notMatch(svg, /<rect/, 'the background is that of the page');
  const colours = new Set(Array.from(svg.matchAll(/(?:fill|stroke)="#(\w{6})"/g), ([, hex]) => hex!));
  t.ok(colours.size >= 4);
  for (const hex of colours) {
    const light = luminance(hex);
    t.ok(1.05 / (light + 0.05) >= 3, `#${hex} on white`);
    t.ok((light + 0.05) / (luminance('0d1117') + 0.05) >= 3, `#${hex} on near black`);
  }
});

t.test('a program is drawn where it was measured', async (t) => {
  const cost = { samples: 1, answers: 1, least: 1, cpu: 1, wireBytes: 1, bodyBytes: 1 };
  const [time, memory] = panelsOf([
    {
      pods: 10,
      costs: [
        { ...cost, name: 'a', median: 5, peakBytes: 1e6 },
        { ...cost, name: 'b', median: 6, peakBytes: 2e6 },
      ],
    },
    { pods: 50, costs: [{ ...cost, name: 'a', median: 9, peakBytes: 3e6 }] },
  ]);
  t.same(time!.lines, [
    {
      name: 'a',
      points: [
        [10, 5],
        [50, 9],
      ],
    },
    { name: 'b', points: [[10, 6]] },
  ]);
  t.same(memory!.lines, [
    {
      name: 'a',
      points: [
        [10, 1],
        [50, 3],
      ],
    },
    { name: 'b', points: [[10, 2]] },
  ]);
});

/** Relative luminance, WCAG 2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
