/**
 * A static host in small, as any web server would be one: files below a root, one Range, the right MIME types.
 * It notes every request with its status, can answer a path differently for a while, and dies with `close()`.
 */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'audio/mp4',
  '.mp4': 'audio/mp4',
  '.mpd': 'application/dash+xml',
  '.svg': 'image/svg+xml',
};

/**
 * @typedef {{ status: number, body?: string, times?: number }} Reply
 *   `times`: how often it is given before the file is again; always when absent.
 */

/**
 * @param {Record<string, string>} mounts  URL prefix to folder, the longest prefix that fits first:
 *   `{ '/harness/': '…', '/': '…' }`
 */
export async function serveStatic(mounts) {
  /** @type {{ path: string, status: number }[]} */
  const requests = [];
  /** @type {Map<string, Reply | 'hang'>} */
  const overrides = new Map();
  /** @type {Set<import('node:http').ServerResponse>} */
  const hanging = new Set();

  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const reply = overrides.get(path);
    if (reply?.times !== undefined && --reply.times === 0) overrides.delete(path);
    if (reply === 'hang') return hanging.add(response);
    const status = reply ? answer(response, path, reply) : await answerFile(request, response, fileOf(mounts, path));
    requests.push({ path, status });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    requests,
    /** What was answered with an error since `requests` was last emptied. */
    refused: () => requests.filter(({ status }) => status >= 400),
    /** Answers a path so, or not at all, until `restore`. */
    override: (path, reply) => overrides.set(path, reply),
    restore() {
      overrides.clear();
      for (const response of hanging) response.destroy();
      hanging.clear();
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function fileOf(mounts, path) {
  const prefix = Object.keys(mounts).find((candidate) => path.startsWith(candidate));
  const relative = normalize(path.slice(prefix.length) || 'index.html');
  return relative.startsWith('..') ? '' : join(mounts[prefix], relative.endsWith(sep) ? `${relative}index.html` : relative);
}

function answer(response, path, { status, body = '' }) {
  response.writeHead(status, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' });
  response.end(body);
  return status;
}

async function answerFile(request, response, file) {
  const size = await sizeOf(file);
  if (size === null) return answer(response, '', { status: 404 });
  const headers = { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Accept-Ranges': 'bytes' };
  const range = rangeOf(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    return 416;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) headers['Content-Range'] = `bytes ${start}-${end}/${size}`;
  const status = range ? 206 : 200;
  response.writeHead(status, { ...headers, 'Content-Length': end - start + 1 });
  if (request.method === 'HEAD' || size === 0) response.end();
  else createReadStream(file, { start, end }).on('error', () => response.destroy()).pipe(response);
  return status;
}

/** The size of a file in bytes; null when there is none. */
async function sizeOf(file) {
  try {
    const entry = await stat(file);
    return entry.isFile() ? entry.size : null;
  } catch {
    return null;
  }
}

/** One range of RFC 9110, section 14.1.2; null when there is none to obey. */
function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [, first, last] = match;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}
