import t from 'tap';
import { globalUrl } from '../../src/api/global-url.ts';

t.test('a target on this machine has the name of the machine', async (t) => {
  const cases: [url: string, want: string, why: string][] = [
    ['https://10.1.2.3:8443/metrics', 'https://10.1.2.3:8443/metrics', 'elsewhere'],
    ['http://localhost:9100/metrics?a=b', 'http://host:9100/metrics?a=b', 'a name'],
    ['https://127.0.0.1:9100', 'https://host:9100', 'an address, no path'],
    ['http://127.0.0.1/', 'http://host/', 'no port'],
    ['http://[::1]:80/m', 'http://host:80/m', 'IPv6'],
    ['https://localhost:8080/metrics', 'http://host:8080/metrics', 'the gateway itself'],
    ['http://127.0.0.2:80/', 'http://127.0.0.2:80/', 'only these three'],
    ['http://localhost.example.org/', 'http://localhost.example.org/', 'a longer name'],
    ['http://10.0.0.1/localhost:80', 'http://10.0.0.1/localhost:80', 'in the path'],
    ['//localhost:9100/metrics', '//host:9100/metrics', 'no scheme'],
    ['nothing', 'nothing', 'no URL'],
  ];
  for (const [url, want, why] of cases) t.equal(globalUrl(url, { hostname: 'host', port: 8080 }), want, why);
});
