import type { TlsConfig } from '../../src/config/scrape-config.ts';
import { NO_LIMITS } from '../../src/config/limits-section.ts';
import { Workshop } from '../../src/exposition/workshop.ts';
import type { ScrapeFailure } from '../../src/scrape/failure.ts';
import type { Outcome } from '../../src/scrape/outcome.ts';
import { TargetScraper, type ScrapedTarget } from '../../src/scrape/target-scraper.ts';

export const insecure: TlsConfig = { insecureSkipVerify: true };

/** The scraper of one URL, whose connections are closed at the end of the scope. */
export interface TestScraper extends Disposable {
  scrape(timeoutSeconds?: number): Promise<Outcome>;
  cancel(failure: ScrapeFailure): void;
}

export function scraperOf(
  url: string,
  tls: TlsConfig = insecure,
  more: Partial<ScrapedTarget> = {},
): TestScraper {
  const target: ScrapedTarget = {
    id: 1,
    url,
    labels: [['job', 'j']],
    honorLabels: true,
    honorTimestamps: true,
    enableCompression: true,
    followRedirects: true,
    limits: NO_LIMITS,
    tls,
    ...more,
  };
  const scraper = new TargetScraper(target, new Workshop(), 'kubevirt-metrics-gateway/1.2.3');
  return {
    scrape: async (timeoutSeconds = 9.75) => (await scraper.scrape({ timeoutSeconds, chain: [] })).outcome,
    cancel: (failure) => scraper.cancel(failure),
    [Symbol.dispose]: () => scraper.close(),
  };
}
