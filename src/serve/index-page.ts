const LINKS = [
  ['targets', 'Targets', 'of this gateway: which are up, and why others are not'],
  ['metrics', 'Metrics', 'of all KubeVirt pods, merged'],
  ['federate?match[]={__name__=~"kubevirt_.*"}', 'Federate', 'the series that match'],
  ['sd', 'Service discovery', 'the targets as http_sd_configs read them'],
  ['api/v1/targets', 'API', 'of Prometheus: the targets for tools'],
  ['-/metrics', 'Own metrics', 'of this gateway'],
  ['-/ready', 'Ready', 'whether the targets are known'],
  ['-/healthy', 'Healthy', 'whether the program runs'],
] as const;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The page at `/`: a few links, relative so that it works behind a path prefix. */
export function indexPage(): string {
  const items = LINKS.map(
    ([href, title, what]) => `<li><a href="${escapeHtml(href)}">${title}</a> ${what}</li>`,
  ).join('\n');
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>kubevirt-metrics-gateway</title></head>
<body>
<h1>kubevirt-metrics-gateway</h1>
<p>One URL in front of a whole KubeVirt.</p>
<ul>
${items}
</ul>
</body>
</html>
`;
}
