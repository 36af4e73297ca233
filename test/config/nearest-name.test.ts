import t from 'tap';
import { nearestName } from '../../src/config/nearest-name.ts';

t.test('the nearest name', async (t) => {
  const names = ['scrape_timeout', 'scrape_interval', 'scheme', 'ca', 'ca_file'];
  const cases: [typo: string, want: string | undefined, why: string][] = [
    ['scrape_timout', 'scrape_timeout', 'a letter missing'],
    ['shceme', 'scheme', 'two swapped'],
    ['Scheme', 'scheme', 'case'],
    ['scrapetimeout', 'scrape_timeout', 'no underscore'],
    ['cb', 'ca', 'short'],
    ['xy', undefined, 'too far when short'],
    ['basic_auth', undefined, 'too far'],
    ['', undefined, 'nothing'],
  ];
  for (const [typo, want, why] of cases) t.equal(nearestName(typo, names), want, why);
});
