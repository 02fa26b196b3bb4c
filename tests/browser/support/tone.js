/** Tones as files, for the tests that render a library of their own. */

/** Samples a second. */
export const RATE = 44_100;

/**
 * A WAV of one channel of 16 bits.
 * @param {number} hertz
 * @param {number} seconds
 */
export function tone(hertz, seconds) {
  const length = Math.round(seconds * RATE);
  const samples = Int16Array.from({ length }, (_, at) => 8000 * Math.sin((2 * Math.PI * hertz * at) / RATE));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(2 * RATE, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}
