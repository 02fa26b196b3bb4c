/** What should be heard, from an independent decoder: ffmpeg. */

import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { siteFolder } from './site.js';

/** Samples that the first access unit is worth: it is decoded without the one before it, and so to nothing good. */
const RUN_IN = 1024;

/** @typedef {import('./heard.js').Sound} Sound */

/**
 * Decodes files that follow each other in one stream: an init segment and segments. The first access unit is dropped:
 * of segment 0 that is the pre-roll, so that the track's first sample comes first; of segments that begin in the
 * middle it is music, so that their second 1024 samples come first. The end keeps the encoder's padding.
 * @param {...string} files
 * @returns {Promise<Sound>}
 */
export async function decode(...files) {
  const { sampleRate, channels } = await probe(files);
  const bytes = await pipe('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-f', 'f32le', 'pipe:1'], files);
  const interleaved = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const frames = interleaved.length / channels - RUN_IN;
  return {
    sampleRate,
    channels: Array.from({ length: channels }, (_, channel) =>
      Float32Array.from({ length: frames }, (_, frame) => interleaved[(frame + RUN_IN) * channels + channel]),
    ),
  };
}

/**
 * A whole rendition: exactly as many samples as the track has.
 * @param {{ folder: string, init: string, samples: number, segments: { uri: string }[] }} manifest  as site.js reads it
 * @param {string} [site]
 */
export async function decodeRendition(manifest, site = siteFolder) {
  const paths = [manifest.init, ...manifest.segments.map(({ uri }) => uri)];
  const { sampleRate, channels } = await decode(...paths.map((path) => join(site, manifest.folder, path)));
  return { sampleRate, channels: channels.map((channel) => channel.subarray(0, manifest.samples)) };
}

/**
 * One piece behind the other, as a queue without gaps plays them.
 * @param {...Sound} sounds  of the same rate
 * @returns {Sound}
 */
export function concatenated(...sounds) {
  const length = sounds.reduce((sum, { channels }) => sum + channels[0].length, 0);
  const channels = [0, 1].map((channel) => {
    const whole = new Float32Array(length);
    let at = 0;
    for (const { channels } of sounds) {
      whole.set(channels[channel] ?? channels[0], at);
      at += channels[0].length;
    }
    return whole;
  });
  return { sampleRate: sounds[0].sampleRate, channels };
}

/** A part, in samples. */
export const cut = ({ sampleRate, channels }, start, end) => ({
  sampleRate,
  channels: channels.map((channel) => channel.subarray(start, end)),
});

/** Louder or softer by so many decibels. */
export const scaled = ({ sampleRate, channels }, decibels) => ({
  sampleRate,
  channels: channels.map((channel) => channel.map((value) => value * 10 ** (decibels / 20))),
});

async function probe(files) {
  const args = ['-v', 'error', '-show_entries', 'stream=sample_rate,channels', '-of', 'json', 'pipe:0'];
  const [stream] = JSON.parse((await pipe('ffprobe', args, files)).toString()).streams;
  return { sampleRate: Number(stream.sample_rate), channels: stream.channels };
}

/** Runs a program, with the files as its input; gives what it writes. */
async function pipe(program, args, files) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  // It may have read enough before the end.
  child.stdin.on('error', () => {});
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const texts = [read(child.stdout), read(child.stderr)];
  const [output, complaints, status] = await Promise.all([...texts, ended, feed(child.stdin, files)]);
  if (status !== 0) throw new Error(`${program} on ${files.join(', ')}: exit status ${status}: ${complaints}`);
  return output;
}

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function feed(stdin, files) {
  for (const file of files) {
    for await (const chunk of createReadStream(file)) {
      if (!stdin.destroyed) stdin.write(chunk);
    }
  }
  stdin.end();
}
