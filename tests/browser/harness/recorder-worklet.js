/**
 * Takes what flows through an audio graph and posts it, planar, in blocks of about a third of a second. Silence that
 * comes from no source at all is recorded as silence, so that a frame's place in the recording is its time.
 */

const BLOCK_FRAMES = 16384;
const CHANNELS = 2;

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.first = currentFrame;
    this.begin();
    this.port.onmessage = () => this.flush();
  }

  begin() {
    this.block = Array.from({ length: CHANNELS }, () => new Float32Array(BLOCK_FRAMES));
    this.filled = 0;
  }

  /** An input without a source has no channels, a mono one has one. */
  process([input]) {
    if (input.length > 0) {
      this.block.forEach((channel, index) => channel.set(input[index] ?? input[0], this.filled));
    }
    this.filled += 128;
    if (this.filled === BLOCK_FRAMES) this.post();
    return true;
  }

  flush() {
    this.post();
    this.port.postMessage('flushed');
  }

  post() {
    const channels = this.block.map((channel) => channel.slice(0, this.filled));
    this.port.postMessage({ first: this.first, channels }, channels.map(({ buffer }) => buffer));
    this.begin();
  }
}

registerProcessor('recorder', Recorder);
