/** What a browser finds on a desk: a screen and a sound card, both of them programs that pretend. */

import { join } from 'node:path';
import { start } from './processes.js';
import { find } from './programs.js';

/**
 * Each starts one and gives the environment variables that lead a browser to it.
 * @type {Record<'display' | 'sound', (folder: string, env: Record<string, string>) => Promise<object>>}
 */
export const DEVICES = { display: startDisplay, sound: startSound };

async function startDisplay(folder, env) {
  const args = ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const server = await start(find('Xvfb'), args, { readyWhen: /^(\d+)$/, env });
  // Ended by SIGTERM, it takes its lock and its socket away, which stand in /tmp whatever TMPDIR says.
  return { end: () => server.end('SIGTERM'), variables: { DISPLAY: `:${server.match[1]}` } };
}

/** A daemon of PulseAudio whose only device swallows what is played, at the speed of a real one. */
async function startSound(folder, env) {
  const socket = join(folder, 'pulse');
  const args = [
    '-n',
    '--daemonize=no',
    '--exit-idle-time=-1',
    '--log-target=stderr',
    '--log-level=info',
    '--load=module-null-sink rate=44100 format=float32le channels=2',
    `--load=module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
  ];
  const daemon = await start(find('pulseaudio'), args, { readyWhen: /startup complete/i, on: 'stderr', env });
  return { end: daemon.end, variables: { PULSE_SERVER: `unix:${socket}` } };
}
