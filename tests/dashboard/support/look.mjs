// What a page has to be at every width and in both themes: nothing that axe finds, nothing sideways, clipped or covered, nothing
// too small to be hit.

import assert from 'node:assert/strict';

import { axe, openAll, PHONE, WIDE } from './browser.mjs';
import { layoutFaults } from './layout.mjs';

/** Looks at the page as it stands in both themes and at every width; or at an open menu, at the width that it was opened at. */
export async function lookAt(page, { menu = false } = {}) {
  if (menu) return lookAtMenu(page);
  await openAll(page);
  const faults = [];
  for (const [width, least] of [[320, 40], [360, 40], [820, 40], [1101, 24], [1440, 24]]) {
    await page.setViewportSize({ width, height: 800 });
    faults.push(...(await layoutFaults(page, least)).map((fault) => `${width}: ${fault}`));
  }
  for (const size of [PHONE, WIDE]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      faults.push(...(await axe(page)).map((fault) => `${size.width}, ${colorScheme}: ${fault}`));
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(WIDE);
  assert.deepEqual(faults, []);
}


async function lookAtMenu(page) {
  const faults = await layoutFaults(page, page.viewportSize().width <= 820 ? 40 : 24, '.move');
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    faults.push(...(await axe(page)).map((fault) => `menu, ${colorScheme}: ${fault}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(faults, []);
}
