/**
 * How training grows over machines, from what was measured on one: a step computes, then each rank sends a piece of its gradients to every
 * other, sums the piece that is its own, and sends it to every other.
 *
 *   T(n) = alone + own(n) + 2 · (latency · messages(n) + bytes · (n − 1)/n / bandwidth)
 *
 * `alone` is the measured step of one rank. What two ranks add on one machine is copying and summing in memory; it does not depend on n but
 * for the sum, whose pieces are n times as many and as small: it is taken as it was measured. A rank sends and receives at once, as
 * full-duplex links do; its n − 1 messages leave one after another, each with the latency of a message of the network's programming interface.
 */

/** Bits a second that a stream of TCP gets of what the link is called after. */
const USABLE = 0.9;

export const NETWORKS = [
  { label: "10 Gbit/s", bitsPerSecond: 10e9, latencyMs: 0.03 },
  { label: "100 Gbit/s", bitsPerSecond: 100e9, latencyMs: 0.01 },
];

export const MACHINES = [2, 4, 8, 16, 32, 64];

/**
 * @param aloneMs  a step of one rank
 * @param ranksMs  a step of `ranks` ranks on one machine
 * @param numbers  float32 gradients
 * @returns efficiency for each of MACHINES and NETWORKS: what n machines do in a second, of n times what one does
 */
export function grown({ aloneMs, ranksMs, numbers }) {
  const own = Math.max(0, ranksMs - aloneMs);
  return MACHINES.map((machines) => ({
    machines,
    efficiencies: NETWORKS.map((network) => aloneMs / (aloneMs + own + exchangeMs(numbers, machines, network))),
  }));
}

/** Both halves of the sum over the network. */
export function exchangeMs(numbers, machines, { bitsPerSecond, latencyMs }) {
  const bits = 32 * numbers * ((machines - 1) / machines);
  return 2 * (latencyMs * (machines - 1) + (1000 * bits) / (USABLE * bitsPerSecond));
}
