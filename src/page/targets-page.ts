import type { SafeHtml } from '@remix-run/html-template';
import type { Discovery } from '../discovery/discovery.ts';
import { formatShard, type Shard } from '../relabel/shard.ts';
import type { PastRound } from '../round/last-round.ts';
import type { Scraper } from '../round/scraper.ts';
import { ThreadTime } from '../worker/thread-time.ts';
import { readAssets, type Asset } from './assets.ts';
import { discoverySection } from './discovery-section.ts';
import { droppedSection } from './dropped-section.ts';
import { historySection } from './history-section.ts';
import { layout } from './layout.ts';
import { readPageQuery } from './page-query.ts';
import { selectRows } from './select-rows.ts';
import { summarySection } from './summary-section.ts';
import { targetRow, type TargetRow } from './target-row.ts';
import { tableRow } from './table-row.ts';
import { tablePage, targetsSection } from './targets-section.ts';
import { waterfallSection } from './waterfall-section.ts';

/** Longer ones are cut off: targets of static_configs can be thousands. */
const CONFIG_SHOWN = 20_000;
/** Milliseconds that making a page may hold the thread in one go, about. */
const TURN_MS = 5;
const ROWS_PER_STEP = 100;
const DRAWN_PER_STEP = 10;

export interface TargetsPageOptions {
  readonly scraper: Scraper;
  readonly discovery: Discovery;
  /** The part of the targets that the gateway has; absent is all. */
  readonly shard?: Shard | undefined;
  /** The configuration with every default, without secrets. */
  configText(): string;
}

/** The page for people. It tells what is known, and scrapes nothing. */
export class TargetsPage {
  readonly #options: TargetsPageOptions;
  readonly #time = new ThreadTime(TURN_MS);
  readonly #assets = readAssets();
  readonly #byHref: ReadonlyMap<string, Asset>;
  #configText: string | undefined;

  constructor(options: TargetsPageOptions) {
    this.#options = options;
    this.#byHref = new Map([...this.#assets.values()].map((asset) => [asset.href, asset]));
  }

  /** The page as HTML, for the query of its address. */
  render(params: URLSearchParams, now: number = Date.now()): Promise<string> {
    return this.#time.run(this.#steps(params, now));
  }

  /** The asset at an address relative to the page, such as `targets/page.0123456789ab.css`. */
  asset(href: string): Asset | undefined {
    return this.#byHref.get(href);
  }

  *#steps(params: URLSearchParams, now: number): Generator<void, string, void> {
    const query = readPageQuery(params);
    const { scraper, discovery } = this.#options;
    const rows: TargetRow[] = [];
    for (const owned of scraper.targets) {
      rows.push(targetRow(owned, scraper.configOf(owned)));
      if (rows.length % ROWS_PER_STEP === 0) yield;
    }
    const selected = selectRows(rows, query);
    yield;
    const { past } = scraper.lastRound;
    const sections: SafeHtml[] = [
      summarySection(rows, query, { now, waiting: discovery.waiting(), late: lateIn(past) }),
      historySection(scraper.roundHistory.list(now), now),
    ];
    yield;
    sections.push(waterfallSection(past, selected, query, now));
    yield;
    const table = tablePage(selected, query);
    const body: SafeHtml[] = [];
    for (const row of table.rows) {
      body.push(tableRow(row, now));
      if (body.length % DRAWN_PER_STEP === 0) yield;
    }
    sections.push(targetsSection(rows, selected.length, table, query, body));
    yield;
    const configs = [...scraper.configs];
    const byName = new Map(configs.map((config) => [config.jobName, config]));
    sections.push(droppedSection(discovery.current?.dropped ?? [], byName));
    yield;
    sections.push(discoverySection(discovery.state(), configs, { now, configText: this.#config() }));
    yield;
    const up = rows.filter(({ state }) => state === 'up').length;
    const { shard } = this.#options;
    const part = shard === undefined ? '' : `shard ${formatShard(shard)}`;
    const title = `${up} of ${rows.length} up · kubevirt-metrics-gateway`;
    const page = String(layout({ title, part }, (name) => this.#assets.get(name)!.href, sections));
    // The indentation of the templates is a third of it. Text from elsewhere has no tags, so nothing of it is touched.
    return page.replaceAll(/\n\s+</g, '\n<');
  }

  /** As it was read at the start. */
  #config(): string {
    if (this.#configText === undefined) {
      const text = this.#options.configText();
      const cut = text.length > CONFIG_SHOWN;
      this.#configText = cut ? `${text.slice(0, CONFIG_SHOWN)}…\n# the rest: --check-config` : text;
    }
    return this.#configText;
  }
}

/** How many targets were given up in that round only because they were late for it. */
function lateIn(round: PastRound | undefined): number {
  return (
    round?.entries.filter(({ target, outcome }) => !outcome.up && target.last?.outcome.up === true).length ??
    0
  );
}
