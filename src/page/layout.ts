import { html, type SafeHtml } from '@remix-run/html-template';
import type { AssetName } from './assets.ts';

/** The frame of the page. `part` says which targets these are, where they are not all; `asset` tells the relative address of an asset. */
export function layout(
  { title, part }: { readonly title: string; readonly part: string },
  asset: (name: AssetName) => string,
  sections: SafeHtml[],
): SafeHtml {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="stylesheet" href="${asset('page.css')}" />
        <link rel="icon" type="image/svg+xml" href="${asset('icon.svg')}" />
        <script src="${asset('page.js')}" defer></script>
      </head>
      <body>
        <a class="skip" href="#targets">Skip to the targets</a>
        <header>
          <p class="name"><a href="./">kubevirt-metrics-gateway</a> <span class="quiet">${part}</span></p>
          <nav aria-label="Parts of the gateway">
            <a href="targets" aria-current="page">Targets</a>
            <a href="metrics">Metrics</a>
            <a href="-/metrics">Own metrics</a>
            <a href="api/v1/targets">API</a>
          </nav>
          <label id="follow" class="follow" hidden><input type="checkbox" /> Keep up to date</label>
        </header>
        <main>
          <h1 class="unseen">Targets</h1>
          ${sections}
        </main>
      </body>
    </html> `;
}
