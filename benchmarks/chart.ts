/** One line of a panel. */
export interface ChartLine {
  readonly name: string;
  /** Both coordinates above 0, from left to right. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** One pair of axes, both logarithmic. */
export interface ChartPanel {
  readonly title: string;
  readonly xTitle: string;
  readonly lines: readonly ChartLine[];
}

/** Readable on white and on near black; the background is the page's. */
const INK = '#7a828c';
const COLOURS = ['#2f81f7', '#e5534b', '#b7791f', '#8957e5'] as const;
const DASHES = ['', '7 4', '2 4', '9 3 2 3'] as const;
const PANEL = { width: 460, height: 340, left: 58, right: 130, top: 40, bottom: 48 };
const INNER = {
  width: PANEL.width - PANEL.left - PANEL.right,
  height: PANEL.height - PANEL.top - PANEL.bottom,
};
/** Labels at the ends of lines are at least so far apart. */
const LABEL_GAP = 15;

/** Panels beside each other, as an SVG whose text says what is drawn. */
export function chart(title: string, panels: readonly ChartPanel[]): string {
  const width = PANEL.width * panels.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" width="${width}" height="${PANEL.height}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">
<title>${escapeXml(title)}</title>
${panels.map((panel, index) => `<g transform="translate(${index * PANEL.width} 0)">\n${panelOf(panel)}</g>\n`).join('')}</svg>
`;
}

function panelOf({ title, xTitle, lines }: ChartPanel): string {
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x));
  const ys = lines.flatMap(({ points }) => points.map(([, y]) => y));
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [
    10 ** Math.floor(Math.log10(Math.min(...ys))),
    10 ** Math.ceil(Math.log10(Math.max(...ys))),
  ];
  const x0 = PANEL.left;
  const bottom = PANEL.height - PANEL.bottom;
  function x(value: number): number {
    return round(x0 + share(value, left, right) * INNER.width);
  }
  function y(value: number): number {
    return round(bottom - share(value, low, high) * INNER.height);
  }

  const out: string[] = [text(x0, 20, title, 'font-weight="600" font-size="13"')];
  for (let tick = low; tick <= high * 1.001; tick *= 10) {
    out.push(`<path d="M${x0} ${y(tick)}h${INNER.width}" stroke="${INK}" stroke-opacity=".35"/>`);
    out.push(text(x0 - 6, y(tick) + 4, plain(tick), 'text-anchor="end"'));
  }
  for (const tick of [...new Set(xs)].sort((a, b) => a - b)) {
    out.push(`<path d="M${x(tick)} ${bottom}v5" stroke="${INK}"/>`);
    out.push(text(x(tick), bottom + 18, plain(tick), 'text-anchor="middle"'));
  }
  out.push(text(x0 + INNER.width / 2, bottom + 38, xTitle, 'text-anchor="middle"'));

  const ends = apart(lines.map(({ points }) => y(points.at(-1)?.[1] ?? low)));
  for (const [index, { name, points }] of lines.entries()) {
    const colour = COLOURS[index % COLOURS.length];
    const places = points.map(([px, py]) => `${x(px)} ${y(py)}`);
    const dash = DASHES[index % DASHES.length];
    out.push(
      `<path d="M${places.join('L')}" fill="none" stroke="${colour}" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`,
    );
    for (const [px, py] of points) {
      const tip = `<title>${escapeXml(`${name}: ${plain(px)}, ${plain(py)}`)}</title>`;
      out.push(`<circle cx="${x(px)}" cy="${y(py)}" r="3.5" fill="${colour}">${tip}</circle>`);
    }
    const end = points.at(-1);
    if (end === undefined) continue;
    out.push(text(x(end[0]) + 8, (ends[index] ?? 0) + 4, name, `fill="${colour}" font-weight="600"`));
  }
  return out.map((line) => `${line}\n`).join('');
}

/** Where a value lies between two others, 0 to 1, by its logarithm. */
function share(value: number, low: number, high: number): number {
  return low === high ? 0.5 : Math.log(value / low) / Math.log(high / low);
}

/** The same places, moved down where they are too near to one above. */
function apart(places: readonly number[]): readonly number[] {
  const moved = [...places];
  let last = Number.NEGATIVE_INFINITY;
  for (const index of places
    .keys()
    .toArray()
    .sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))) {
    last = Math.max(places[index] ?? 0, last + LABEL_GAP);
    moved[index] = last;
  }
  return moved;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeXml(content)}</text>`;
}

/** With thousands apart, and three digits where it is a fraction. */
function plain(value: number): string {
  return value.toLocaleString('en', {
    maximumSignificantDigits: value < 100 ? 3 : 15,
    maximumFractionDigits: 0,
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
