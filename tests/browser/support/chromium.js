/** Chromium alone, for tests that have nothing to say about the other engines. */

import { openBrowser } from './browsers.js';

export const openChromium = () => openBrowser('chromium');
