/** What a browser finds on a desk: a screen and a sound card, both of them programs that pretend to be one. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from './processes.js';
import { find } from './programs.js';

/**
 * @typedef {object} Card
 * @property {number} sampleRate
 * @property {boolean} rewinds  whether what was given to it and has not sounded yet can be changed, as by real ones
 */

/** Bytes of a frame: two channels of 32 bits. */
const FRAME = 8;

/**
 * Each starts one and gives the environment variables that lead a browser to it.
 * @type {Record<'display' | 'sound', (folder: string, env: Record<string, string>, card: Card) => Promise<object>>}
 */
export const DEVICES = { display: startDisplay, sound: startSound };

async function startDisplay(folder, env) {
  const args = ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const server = await start(find('Xvfb'), args, { readyWhen: /^(\d+)$/, env });
  // Ended by SIGTERM, it takes its lock and its socket away, which stand in /tmp whatever TMPDIR says.
  return { end: () => server.end('SIGTERM'), variables: { DISPLAY: `:${server.match[1]}` } };
}

/**
 * WebKitGTK plays by GStreamer, whose own way to PulseAudio (`pulsesink`, 1.22) locks the whole web process up behind one
 * of some 5,000 seeks that follow each other closely, and stands still for 3 s behind some more. By ALSA it does neither.
 */
const BY_ALSA = { GST_PLUGIN_FEATURE_RANK: 'pulsesink:NONE' };
/** What ALSA plays goes to PulseAudio. */
const ALSA_TO_PULSE = 'pcm.!default pulse\nctl.!default pulse\n';

/**
 * A daemon of PulseAudio whose only device swallows what is played, at the speed of a real one and in its own rate,
 * and can be listened to: bit for bit what the browser gave, where that is of the same rate. One that rewinds takes
 * blocks of 2 s while nobody plays, and WebKitGTK, which begins in the midst of one, stands still until it is over. With
 * one that does not, the volume of Firefox goes in steps that are heard (10.8 dB more above 8 kHz, otherwise 4.3).
 */
async function startSound(folder, env, { sampleRate, rewinds }) {
  const socket = join(folder, 'pulse');
  const args = [
    '-n',
    '--daemonize=no',
    '--exit-idle-time=-1',
    '--log-target=stderr',
    '--log-level=info',
    `--load=module-null-sink rate=${sampleRate} channels=2 format=float32le norewinds=${!rewinds}`,
    `--load=module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
  ];
  const daemon = await start(find('pulseaudio'), args, { readyWhen: /startup complete/i, on: 'stderr', env });
  await writeFile(join(folder, '.asoundrc'), ALSA_TO_PULSE);
  const variables = { PULSE_SERVER: `unix:${socket}`, ...BY_ALSA };
  const listeners = new Set();
  const record = async () => {
    const { end, ...recorder } = await recordSpeaker(sampleRate, { ...env, ...variables });
    listeners.add(end);
    // The daemon takes 64 listeners at a time.
    const close = () => listeners.delete(end) && end();
    return { ...recorder, close };
  };
  const end = async () => {
    for (const stop of [...listeners, daemon.end]) await stop();
  };
  return { end, variables, speaker: { sampleRate, record } };
}

/**
 * Begins to listen to what comes out of the device: silence, too.
 * @param {number} sampleRate
 * @param {Record<string, string>} env
 */
async function recordSpeaker(sampleRate, env) {
  const chunks = [];
  let bytes = 0;
  let awaited = [];
  const take = (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    awaited = awaited.filter(({ until, resolve }) => bytes < until || resolve());
  };
  const format = ['--raw', '--format=float32le', '--channels=2', `--rate=${sampleRate}`];
  const args = ['--device=null.monitor', '--latency-msec=50', ...format];
  const listener = await start(find('parec'), args, { take, env });
  const beyond = (until) => Promise.race([new Promise((resolve) => awaited.push({ until, resolve })), listener.failed]);
  await beyond(1);
  return {
    position: async () => bytes / FRAME,
    async recording() {
      // What was played just now is still on its way: a fifth of a second is more than it takes.
      await beyond(bytes + Math.round(sampleRate / 5) * FRAME);
      const whole = Buffer.concat(chunks);
      const samples = new Float32Array(new Uint8Array(whole).buffer, 0, 2 * Math.floor(whole.length / FRAME));
      const channels = [0, 1].map((channel) => samples.filter((_, index) => index % 2 === channel));
      return { sampleRate, channels };
    },
    end: listener.end,
  };
}
