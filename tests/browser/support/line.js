/**
 * The line that all answers of a server share: so many bytes a second together, whoever they are for, in pieces that
 * take turns as packets do.
 */

/** Bytes that go at once over a slow line: a few packets. */
const PIECE = 4096;

/** @param {{ bytesPerSecond: number, roundTrip?: number } | null} network  null: as fast as it goes */
export function lineOf(network) {
  let free = 0;
  /** Waits until so many bytes have gone over the line. */
  const take = async (bytes) => {
    const now = performance.now();
    free = Math.max(free, now) + (1000 * bytes) / network.bytesPerSecond;
    await new Promise((resolve) => setTimeout(resolve, free - now));
  };
  const [transmit, most] = network ? [take, PIECE] : [() => undefined, Infinity];
  return {
    /** ms that every request takes before its answer begins. */
    roundTrip: network?.roundTrip ?? 0,
    /**
     * Sends a body, and ends the answer; or breaks the connection after so many bytes.
     * @param {AsyncIterable<Buffer> | Buffer[]} body
     * @param {import('node:http').ServerResponse} response
     * @param {number} cutAfter
     */
    async send(body, response, cutAfter) {
      response.flushHeaders();
      let sent = 0;
      for await (const chunk of body) {
        for (let at = 0; at < chunk.length; at += most) {
          const piece = chunk.subarray(at, at + Math.min(most, cutAfter - sent));
          await transmit(piece.length);
          if (response.destroyed) return;
          await new Promise((resolve) => response.write(piece, resolve));
          sent += piece.length;
          if (sent >= cutAfter) return response.destroy();
        }
      }
      response.end();
    },
  };
}
