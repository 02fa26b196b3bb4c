/**
 * Programs that a test starts and that must not outlive it. Each leads a process group of its own; a shell in that
 * group reads a pipe which only the test holds, so that the group is killed however the test ends, be it by SIGKILL.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Kills its own group when the pipe at 3 ends, and is the program otherwise. */
const GUARD = '{ read -r _ <&3; kill -KILL 0; } 2>/dev/null & exec "$@" 3<&-';

/**
 * @typedef {object} Start
 * @property {RegExp} [readyWhen]            what a line of its output says when it can be used
 * @property {'stdout' | 'stderr'} [on]      where it says so
 * @property {(bytes: Buffer) => void} [take]  is given what it writes to stdout
 * @property {Record<string, string>} [env]  added to that of the test
 */

/**
 * Starts a program and, where `readyWhen` is given, waits until it is ready.
 * @param {string} program
 * @param {string[]} args
 * @param {Start} options
 */
export async function start(program, args, { readyWhen, on = 'stdout', take, env = {} } = {}) {
  const stdio = ['ignore', on === 'stdout' ? 'pipe' : 'ignore', on === 'stderr' ? 'pipe' : 'ignore', 'pipe'];
  const options = { detached: true, stdio, env: { ...process.env, ...env } };
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', program, ...args], options);
  child.stdio[3].on('error', () => {});
  const failed = failureOf(child, program);
  if (take) child.stdout.on('data', take);
  if (!take && !readyWhen) child[on].resume();
  const match = readyWhen ? await Promise.race([lineOf(child[on], readyWhen), failed]) : null;
  return {
    /** What `readyWhen` found. */
    match,
    /** Rejects should the program end by itself. */
    failed,
    /** Ends the program and all that it started. */
    async end(signal = 'SIGKILL') {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        killGroup(child, signal);
        await exited;
      }
      killGroup(child, 'SIGKILL');
    },
  };
}

/** The first line that matches; what follows is read and forgotten. */
function lineOf(stream, pattern) {
  return new Promise((resolve) => {
    createInterface({ input: stream }).on('line', (line) => {
      const match = pattern.exec(line);
      if (match) resolve(match);
    });
  });
}

/** Rejects when the program ends; whoever does not wait for it is not disturbed. */
function failureOf(child, program) {
  const failure = new Promise((_, reject) => {
    child.once('error', (error) => reject(new Error(`${program} did not start: ${error.message}`)));
    child.once('exit', (code, signal) => reject(new Error(`${program} ended: ${signal ?? `exit status ${code}`}`)));
  });
  failure.catch(() => {});
  return failure;
}

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
