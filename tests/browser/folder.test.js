/**
 * A site that a static host has below a path, whose name has a space in it: it is used as one at the root is, and asks
 * for nothing outside of its path. In Chromium, Firefox and WebKit. SITE names a rendered site.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NAMES, needs } from './support/browsers.js';
import { openFaultServer } from './support/fault-server.js';
import { visit } from './support/page.js';
import { readCatalog, siteFolder } from './support/site.js';

const LIMIT = { timeout: 90_000 };
const FOLDER = '/music/a b/';
const ADDRESS = 'music/a%20b/';
/** Outside of the path the host has other things. */
const MOUNTS = { [FOLDER]: siteFolder, '/': fileURLToPath(new URL('harness/', import.meta.url)) };
const KEEP_COPIED = `
  Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } });
`;

for (const name of NAMES) describe(name, { ...needs(name) }, () => useBelowPath(name));

function useBelowPath(name) {
  let server;
  let browser;
  let page;
  let close;
  let first;
  let second;

  before(async () => {
    [first, second] = (await readCatalog()).tracks;
    ({ server, browser, page, close } = await visit(name, () => openFaultServer({ mounts: MOUNTS })));
    server.addInitScript(KEEP_COPIED);
  });
  after(() => close?.());

  test('a site below a path plays, shares a link and comes back after a reload, and stays there', LIMIT, async () => {
    await page.open(`${ADDRESS}#/tracks`);
    await page.press(first.id);
    await page.sounds(0.3);
    await page.seek(20);
    await page.sounds(20.3);
    const preset = Object.keys(first.variants).find((variant) => variant !== 'original');
    await (await browser.find(`[data-preset="${preset}"]`)).click();
    await page.soundsIn(preset);
    await (await browser.find('#copy-link')).click();
    const link = await browser.run(() => window.copied);
    assert.ok(link.startsWith(`${server.origin}/${ADDRESS}#/track/${first.id}?`), link);

    await page.press(second.id);
    await page.sounds(2);
    await browser.reload();
    await page.becomes('#library', 'state', 'ready');
    await page.reaches('paused');
    assert.equal((await page.state()).track, second.id);
    await (await browser.find('#toggle')).click();
    await page.sounds((await page.position()) + 0.3);

    await page.open(link.slice(server.origin.length + 1));
    await page.reaches('paused');
    const { track, variant } = await page.state();
    assert.deepEqual([track, variant], [first.id, preset]);
    const [at, asked] = [await page.position(), Number(/[?&]t=(\d+)/.exec(link)[1])];
    assert.ok(asked >= 20 && Math.abs(at - asked) < 0.1, `${at} s for ${link}`);

    const paths = server.requests.map(({ path }) => path);
    assert.deepEqual(paths.filter((path) => !path.startsWith(FOLDER) && !path.startsWith('/test/')), []);
    assert.deepEqual(server.refused(), []);
    assert.deepEqual(await browser.console(), []);
  });
}
