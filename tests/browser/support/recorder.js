/**
 * Records what a page plays, sample for sample; at one of two places:
 *
 * - `element`: the `<audio>` element plays into an AudioWorklet, in an AudioContext of the track's own rate, so that
 *   nothing is converted. The server must mount harness/ as `/test/`, which keeps within a Content Security Policy of
 *   `script-src 'self'`. So it is done in Chromium, which has no sound card here. Firefox can do it too, but where the
 *   sample rate changes it puts half a second of silence into the recording that a listener does not hear.
 * - `speaker`: the sound card is listened to, and the page is left alone. So it is done in Firefox and WebKitGTK, whose
 *   element recording drops out. The card must have the track's rate: `openBrowser(name, { sampleRate })`.
 */

/** Samples a channel that are fetched at once: WebDriver's answers are strings, and long ones are slow. */
const SLICE_FRAMES = 500_000;

/**
 * Begins to record: before the element plays for the first time, and once per page.
 * @param {import('./browsers.js').Browser} browser
 * @param {{ sampleRate: number, at?: 'element' | 'speaker', selector?: string }} options
 * @returns {Promise<{ position: () => Promise<number>, recording: () => Promise<import('./heard.js').Sound>, close: () => unknown }>}
 *   `position`: samples recorded until now, so that what a test does can be found again; `recording`: all of them;
 *   `close`: for who records many pages; the browser's end is the end of all
 */
export async function record(browser, { sampleRate, at = browser.speaker ? 'speaker' : 'element', selector = 'audio' }) {
  if (at === 'element') return recordElement(browser, selector, sampleRate);
  if (browser.speaker?.sampleRate !== sampleRate) {
    throw new Error(`${browser.name} has no sound card of ${sampleRate} Hz: open it with { sampleRate: ${sampleRate} }`);
  }
  return browser.speaker.record();
}

async function recordElement(browser, selector, sampleRate) {
  await browser.run(attach, selector, sampleRate);
  return {
    position: () => browser.run(() => window.segueRecorder.position()),
    async recording() {
      const { frames, channels: count } = await browser.run(flush);
      const channels = [];
      for (let channel = 0; channel < count; channel++) {
        const samples = new Float32Array(frames);
        for (let start = 0; start < frames; start += SLICE_FRAMES) {
          samples.set(floats(await browser.run(slice, channel, start, start + SLICE_FRAMES)), start);
        }
        channels.push(samples);
      }
      return { sampleRate, channels };
    },
    close: () => browser.run(() => window.segueRecorder.node.context.close()),
  };
}

function floats(base64) {
  const bytes = Buffer.from(base64, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Runs in the page. */
async function attach(selector, sampleRate) {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`there is no ${selector} to record`);
  const context = new AudioContext({ sampleRate });
  await context.audioWorklet.addModule('/test/recorder-worklet.js');
  const node = new AudioWorkletNode(context, 'recorder', { numberOfInputs: 1, outputChannelCount: [2] });
  const recorder = {
    node,
    blocks: [],
    first: 0,
    position: () => Math.round(context.currentTime * sampleRate) - recorder.first,
  };
  node.port.onmessage = ({ data }) => {
    if (data === 'flushed') return recorder.onflush();
    recorder.first = data.first;
    recorder.blocks.push(data.channels);
  };
  context.createMediaElementSource(element).connect(node).connect(context.destination);
  await context.resume();
  window.segueRecorder = recorder;
}

/** Runs in the page: has the worklet hand out what it holds, and makes one run of samples a channel of it. */
async function flush() {
  const recorder = window.segueRecorder;
  await new Promise((resolve) => {
    recorder.onflush = resolve;
    recorder.node.port.postMessage('flush');
  });
  const frames = recorder.blocks.reduce((sum, [{ length }]) => sum + length, 0);
  const whole = recorder.blocks[0].map((_, channel) => {
    const samples = new Float32Array(frames);
    let at = 0;
    for (const block of recorder.blocks) {
      samples.set(block[channel], at);
      at += block[channel].length;
    }
    return samples;
  });
  recorder.blocks = [whole];
  return { frames, channels: whole.length };
}

/** Runs in the page. */
function slice(channel, start, end) {
  const part = window.segueRecorder.blocks[0][channel].slice(start, end);
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([part.buffer]));
  });
}
