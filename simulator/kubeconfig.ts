/** What a kubeconfig says of a Kubernetes API and who asks it. */
export interface KubeconfigOptions {
  readonly url: string;
  /** PEM text; without it verification is skipped. */
  readonly ca: string | undefined;
  readonly token: string | undefined;
  readonly namespace: string | undefined;
}

/** The text of a kubeconfig with one cluster, one user and one context. */
export function kubeconfigText({ url, ca, token, namespace }: KubeconfigOptions): string {
  const trust =
    ca === undefined
      ? 'insecure-skip-tls-verify: true'
      : `certificate-authority-data: ${Buffer.from(ca).toString('base64')}`;
  return `apiVersion: v1
kind: Config
current-context: simulator
clusters:
- name: simulator
  cluster:
    server: ${url}
    ${trust}
users:
- name: simulator
  user: ${token === undefined ? '{}' : `{ token: ${JSON.stringify(token)} }`}
contexts:
- name: simulator
  context:
    cluster: simulator
    user: simulator
${namespace === undefined ? '' : `    namespace: ${namespace}\n`}`;
}
