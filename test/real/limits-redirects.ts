import type { Answer } from './differential-pods.ts';
import { gzipped, ONE } from './limits-case.ts';
import type { Asked, LimitCase, LimitJob } from './limits-case.ts';

/** `/hop/n` redirects n times more. */
function hops(count: number): (asked: Asked) => Answer {
  return ({ request }) => {
    const left = request.url?.startsWith('/hop/') ? Number(request.url.slice(5)) : count;
    if (left === 0) return { body: ONE };
    return { status: 302, headers: { location: `/hop/${left - 1}` }, body: 'redirected 1\n' };
  };
}

/** Redirects `/metrics` with this status and Location, and answers every other path. */
function redirect(
  location: string | undefined | ((elsewhere: string) => string),
  status = 302,
): LimitCase['answer'] {
  return ({ request, elsewhere }) => {
    if (request.url !== '/metrics') return { body: `arrived{path=${JSON.stringify(request.url)}} 1\n` };
    const to = typeof location === 'function' ? location(elsewhere) : location;
    return { status, headers: to === undefined ? {} : { location: to }, body: 'redirected 1\n' };
  };
}

const REDIRECT_CASES: readonly (readonly [name: string, up: 0 | 1, answer: LimitCase['answer']])[] = [
  ['to-path', 1, redirect('/other')],
  ['301', 1, redirect('/other', 301)],
  ['303', 1, redirect('/other', 303)],
  ['307', 1, redirect('/other', 307)],
  ['308', 1, redirect('/other', 308)],
  ['300', 0, redirect('/other', 300)],
  ['304', 0, redirect('/other', 304)],
  ['305', 0, redirect('/other', 305)],
  ['to-relative-path', 1, redirect('other')],
  ['to-parent', 1, redirect('../a/./b/../c')],
  ['to-query', 1, redirect('/other?a=b&c')],
  ['to-query-alone', 1, redirect('?a=b')],
  ['with-fragment', 1, redirect('/other#part')],
  ['to-query-odd', 1, redirect('/q?a=%zz|^"<>{}\'`')],
  ['to-query-blank', 0, redirect('/q?a b')],
  ['with-odd-characters', 1, redirect('/a|b^c"d<e>f{g}h`i[j]k\'l')],
  ['with-bad-percent', 0, redirect('/a%zz')],
  ['with-backslash', 1, redirect('/a\\b')],
  ['with-backslashes-for-host', 1, redirect('\\\\127.0.0.1\\x')],
  ['with-latin-1', 1, redirect('/\xe9')],
  ['with-dots', 1, redirect('/a/../b/./c//d/..')],
  ['with-coded-dots', 1, redirect('/a/%2e%2e/b')],
  ['with-dots-above-root', 1, redirect('/../../x')],
  ['with-semicolon', 1, redirect('/a;b=c,d')],
  ['with-tab', 0, redirect('/a\tb')],
  ['with-blanks-around', 1, redirect(' /other ')],
  ['to-fragment-alone', 0, redirect('#part')],
  ['to-scheme-in-capitals', 1, redirect((elsewhere) => `HTTP://${elsewhere}/other`)],
  ['to-scheme-without-slashes', 0, redirect((elsewhere) => `http:${elsewhere}/other`)],
  ['to-scheme-with-one-slash', 0, redirect((elsewhere) => `http:/${elsewhere}/other`)],
  ['to-host-without-path', 1, redirect((elsewhere) => `http://${elsewhere}`)],
  ['to-host-with-query', 1, redirect((elsewhere) => `http://${elsewhere}?a=b`)],
  ['to-host-with-user', 1, redirect((elsewhere) => `http://user:pass@${elsewhere}/other`)],
  ['to-short-address', 0, redirect((elsewhere) => `http://${elsewhere.replace(/^127\./, '0x7f.')}/other`)],
  ['to-no-port', 0, redirect('http://127.0.0.1:/other')],
  ['to-bad-port', 0, redirect('http://127.0.0.1:99999/other')],
  ['to-host-with-blank', 0, redirect('http://a b/other')],
  ['to-no-host', 0, redirect('http:///other')],
  ['with-blank', 1, redirect('/a b')],
  ['with-percent', 1, redirect('/a%20b%2Fc')],
  ['to-host', 1, redirect((elsewhere) => `http://${elsewhere}/other`)],
  ['to-host-without-scheme', 1, redirect((elsewhere) => `//${elsewhere}/other`)],
  ['to-https', 0, redirect((elsewhere) => `https://${elsewhere}/other`)],
  ['to-other-scheme', 0, redirect('ftp://127.0.0.1/other')],
  ['to-closed-port', 0, redirect('http://127.0.0.1:1/other')],
  ['to-broken-url', 0, redirect('http://[::1/other')],
  ['no-location', 0, redirect(undefined)],
  ['empty-location', 0, redirect('')],
  ['to-itself', 0, redirect('/metrics')],
  [
    'to-404',
    0,
    ({ request }) =>
      request.url === '/metrics'
        ? { status: 302, headers: { location: '/gone' } }
        : { status: 404, body: ONE },
  ],
  ['hops-9', 1, hops(9)],
  ['hops-10', 0, hops(10)],
  ['hops-11', 0, hops(11)],
  [
    'to-gzip',
    1,
    ({ request }) =>
      request.url === '/metrics' ? { status: 302, headers: { location: '/gzip' } } : gzipped(ONE),
  ],
];

const REDIRECTS: LimitJob = {
  name: 'redirects',
  fields: { honor_labels: true },
  cases: REDIRECT_CASES.map(([name, up, answer]) => ({ name, up, answer })),
};

const REDIRECTS_REFUSED: LimitJob = {
  name: 'redirects-refused',
  fields: { honor_labels: true, follow_redirects: false },
  cases: REDIRECT_CASES.map(([name, , answer]) => ({ name, up: 0, answer })),
};

/** The same redirects where they are followed and where they are not. */
export const REDIRECT_JOBS: readonly LimitJob[] = [REDIRECTS, REDIRECTS_REFUSED];
