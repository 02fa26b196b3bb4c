/**
 * Stands between the browser and a site and does to the traffic what networks do: late, wrong, cut or no answers for
 * some paths, a slow line for all, and being gone for a while. Behind it is a folder or another server.
 *
 * It mounts harness/ as `/test/`, and puts `/test/init.js` in front of the scripts of every page: harness/console.js,
 * and what `addInitScript` was given. A file of the same origin, so that a Content Security Policy of
 * `script-src 'self'` lets it pass, and the same in every engine.
 */

import { readFile } from 'node:fs/promises';
import { createServer, request as requestOf } from 'node:http';
import { fileURLToPath } from 'node:url';
import { lineOf } from './line.js';
import { serveStatic } from './static-server.js';

const HARNESS = fileURLToPath(new URL('../harness/', import.meta.url));
const INIT = '/test/init.js';

/** What a slow phone has: 1.6 Mbit/s down, and 0.3 s to the server and back. */
export const MOBILE_3G = { bytesPerSecond: 200_000, roundTrip: 300 };

/**
 * @typedef {string | RegExp} Pattern  a decoded path, or what the decoded path and the query match
 * @typedef {object} Fault  what is absent goes on as it should
 * @property {number} [delay]       ms before anything is done
 * @property {boolean} [hang]       never answers, until it is released
 * @property {number} [status]      answered instead of what there is
 * @property {string} [body]        with `status`
 * @property {Record<string, string>} [headers]  with `status`
 * @property {number} [retryAfter]  s, with `status`
 * @property {number} [cutAfter]    bytes of the body, then the connection breaks
 * @property {number} [times]       how many requests it meets; all when absent
 * @property {number} [skip]        how many it lets pass before that
 *
 * @typedef {{ path: string, method: string, range?: string, status: number | null, when: number, over: Promise<void> }} Request
 *   `status`: null while it is not answered; `when`: ms since the server was opened; `over`: its answer was sent, or
 *   nobody waits for it any more
 */

/**
 * @param {{ origin?: string, mounts?: Record<string, string>, headers?: Record<string, string> }} options
 *   `origin`: the server behind it, or `mounts`: folders, as serveStatic takes them; `headers`: put on every reply
 */
export async function openFaultServer({ origin, mounts, headers = {} }) {
  const harness = await serveStatic({ '/test/': HARNESS, ...(mounts ?? { '/': HARNESS }) });
  const state = {
    headers,
    origins: { test: harness.origin, site: origin ?? harness.origin },
    opened: performance.now(),
    /** @type {Request[]} */
    requests: [],
    faults: [],
    awaited: [],
    line: lineOf(null),
    initScripts: [await readFile(`${HARNESS}console.js`, 'utf8')],
  };
  const server = createServer((request, response) => serve(state, request, response));
  const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address();
  const leave = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });

  return {
    origin: `http://127.0.0.1:${port}`,
    ...controls(state),
    /** Nobody listens any more, and all connections break. */
    goOffline: leave,
    /** It listens again, at the same place. */
    comeBack: () => listen(port),
    async close() {
      if (server.listening) await leave();
      await harness.close();
    },
  };
}

/** What the tests may do while the server runs. */
function controls(state) {
  const restore = () => {
    for (const { end } of state.faults.splice(0)) end('broken');
  };
  const fault = (pattern, kind) => addFault(state, pattern, kind);
  return {
    requests: state.requests,
    /** What was answered with an error since `requests` was last emptied. */
    refused: () => state.requests.filter(({ status }) => status >= 400),
    /** Resolves when the next request for it comes in. @param {Pattern} pattern @returns {Promise<Request>} */
    requested: (pattern) => new Promise((resolve) => state.awaited.push({ pattern, resolve })),
    fault,
    /** As serveStatic has it. */
    override: (path, reply) => fault(path, reply === 'hang' ? { hang: true } : reply),
    /** Takes all faults away; requests that still hang break. */
    restore,
    /** Slows all answers together; null: as fast as it goes. */
    throttle: (network) => (state.line = lineOf(network)),
    /** Put on every reply from now on. */
    setHeaders: (headers) => (state.headers = headers),
    /** Runs in every page before its own scripts. @param {string} source */
    addInitScript: (source) => state.initScripts.push(source),
  };
}

/**
 * @param {Pattern} pattern
 * @param {Fault} kind
 */
function addFault(state, pattern, kind) {
  const fault = { pattern, ...kind, skip: kind.skip ?? 0, left: kind.times ?? Infinity };
  fault.ended = new Promise((resolve) => (fault.end = resolve));
  // The same path again is another fault in its place.
  state.faults = [fault, ...state.faults.filter((other) => String(other.pattern) !== String(pattern))];
  return {
    /** Takes the fault away; requests that hang because of it go on. */
    release() {
      state.faults = state.faults.filter((other) => other !== fault);
      fault.end('released');
    },
  };
}

async function serve(state, request, response) {
  const url = new URL(request.url, 'http://localhost');
  const path = decoded(url.pathname);
  const { method, headers } = request;
  const when = performance.now() - state.opened;
  const over = new Promise((resolve) => response.once('close', resolve));
  const entry = { path, method, range: headers.range, status: null, when, over };
  state.requests.push(entry);
  const matches = ({ pattern }) =>
    typeof pattern === 'string' ? pattern === path : pattern.test(path + url.search);
  state.awaited = state.awaited.filter((each) => !matches(each) || each.resolve(entry));
  const fault = state.faults.find((each) => matches(each) && each.skip-- <= 0 && each.left-- > 0) ?? {};

  await wait((fault.delay ?? 0) + state.line.roundTrip, response);
  if (fault.hang) await hang(fault, response);
  if (response.destroyed) return;
  const put = (status, more) => {
    entry.status = status;
    response.writeHead(status, { ...more, ...state.headers });
  };
  if (fault.status) return refuse(fault, put, response);
  if (path === INIT) return give(state, put, response);
  forward(state, request, response, put, fault.cutAfter ?? Infinity);
}

function refuse({ status, body = '', headers, retryAfter }, put, response) {
  put(status, { 'Content-Type': 'text/plain', ...headers, ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }) });
  response.end(body);
}

function give({ initScripts }, put, response) {
  put(200, { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(initScripts.join('\n'));
}

/** Asks the server behind, and passes on what it says; an abandoned request is abandoned there too. */
function forward(state, request, response, put, cutAfter) {
  const isPage = /(\/|\.html)(\?|$)/.test(request.url);
  const origin = request.url.startsWith('/test/') ? state.origins.test : state.origins.site;
  const headers = { ...request.headers, host: new URL(origin).host };
  // A page must come as plain text, since something is put into it.
  if (isPage) delete headers['accept-encoding'];
  const behind = requestOf(origin + request.url, { method: request.method, headers, agent: false });
  behind.once('error', () => response.destroy());
  behind.once('response', (reply) => {
    const change = isPage && reply.statusCode === 200 && request.method === 'GET' ? givePage : passOn;
    reply.once('error', () => response.destroy());
    change(state, reply, put, response, cutAfter).catch(() => response.destroy());
  });
  response.once('close', () => behind.destroy());
  request.pipe(behind);
}

async function givePage({ line }, reply, put, response, cutAfter) {
  const chunks = [];
  for await (const chunk of reply) chunks.push(chunk);
  const page = Buffer.concat(chunks).toString();
  const place = [/<head\b[^>]*>/i, /<!doctype[^>]*>/i, /^/].find((each) => each.test(page));
  const body = Buffer.from(page.replace(place, (start) => `${start}<script src="${INIT}"></script>`));
  put(200, { ...reply.headers, 'content-length': body.length });
  await line.send([body], response, cutAfter);
}

async function passOn({ line }, reply, put, response, cutAfter) {
  put(reply.statusCode, reply.headers);
  await line.send(reply, response, cutAfter);
}

/** Some tests ask for paths that are none. */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Waits, but no longer than the browser does. */
function wait(milliseconds, response) {
  if (milliseconds === 0) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Until the fault is taken away, or the browser waits no longer. */
async function hang({ ended }, response) {
  const closed = new Promise((resolve) => response.once('close', resolve));
  if ((await Promise.race([ended, closed])) === 'broken') response.destroy();
}
