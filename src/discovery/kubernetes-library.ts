/** What is used of the client library, and the one place that imports it. By name, so that a bundle leaves out its thousands of models. */
export { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
