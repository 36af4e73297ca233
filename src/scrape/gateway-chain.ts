import { randomBytes } from 'node:crypto';

/**
 * The request header in which gateways say through which of them a request came, in the manner of `Via` (RFC 9110, 7.6.3): each adds its own
 * id behind those before. In an answer to such a request it has the id of the gateway that answers. It is not `Via` itself, because servers
 * such as nginx send what comes by a proxy without compression, and proxies may rewrite it (RFC 8586 has a name of its own for the same reasons).
 */
export const GATEWAY_HEADER = 'kubevirt-metrics-gateway-via';

/** Gateways that a request may have come through. More is no hierarchy that anybody means. */
export const MOST_GATEWAYS = 4;

/** The ids of the gateways that a request came through, the first first; empty when it comes from elsewhere. */
export type GatewayChain = readonly string[];

/** An id that no other gateway has. */
export function createGatewayId(): string {
  return randomBytes(8).toString('hex');
}

/** Reads the header. What is no id of a gateway is left out. */
export function readChain(header: string | readonly string[] | undefined): GatewayChain {
  const text = typeof header === 'object' ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => /^[0-9a-f]{16}$/.test(id));
}

/** The header's value. */
export function formatChain(chain: GatewayChain): string {
  return chain.join(', ');
}

/** Why a gateway refused a request with this chain, which ends with the one that asked. For people. */
export function loopText(chain: GatewayChain, refusing: string): string {
  if (refusing === chain.at(-1)) return 'the target is this gateway itself';
  if (chain.includes(refusing)) return 'the target is a gateway that asked for this very answer';
  return `the target is a gateway behind ${chain.length} others, which is more than may follow one another`;
}
