/** `segue serve` on a free port. SEGUE names the program. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * @param {string} site
 * @param {...string} options
 */
export async function startHost(site, ...options) {
  const args = ['serve', site, '--bind', '127.0.0.1:0', ...options];
  const child = spawn(process.env.SEGUE, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const [line] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), ended(child)]);
  return {
    origin: line.match(/http:\/\/[\d.:]+/)[0],
    async close() {
      process.off('exit', kill);
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function ended(child) {
  const [reason] = await Promise.race([once(child, 'error'), once(child, 'exit')]);
  throw new Error(`segue serve did not start: ${reason?.message ?? `exit code ${reason}`}`);
}
