// What a first visit costs, and that a page holds for those who see colours, motion and contrast otherwise.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, visitor, WIDE } from './support/browser.mjs';
import { ADMIN, startGateway } from './support/gateway.mjs';
import { layoutFaults } from './support/layout.mjs';

const MOST_BYTES = 24 * 1024;
const MOST_REQUESTS = 4;
let browser;
let gateway;

before(async () => {
  gateway = await startGateway('ordinary');
  browser = await launch();
});
after(async () => {
  await browser.close();
  await gateway.stop();
});

for (const path of ['/dashboard', '/dashboard/board', '/dashboard/tasks/T-11', '/dashboard/usage']) {
  test(`a first visit of ${path} is four requests of 24 KiB at most`, async (told) => {
    const someone = await visitor(browser, gateway, {});
    await someone.signIn(ADMIN);
    const cookies = await someone.context.cookies();
    // A browser that has nothing in its cache yet.
    const fresh = await visitor(browser, gateway, {});
    await fresh.context.addCookies(cookies);
    const sizes = new Map();
    const session = await fresh.context.newCDPSession(fresh.page);
    await session.send('Network.enable');
    const urls = new Map();
    session.on('Network.requestWillBeSent', ({ requestId, request, type }) => urls.set(requestId, [type, request.url]));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
    await fresh.page.goto(gateway.url + path, { waitUntil: 'load' });
    await fresh.page.waitForFunction('performance.getEntriesByType("resource").length >= 2');
    // What the bell brings later is no part of the visit.
    for (const id of [...sizes.keys()]) if (/XHR|EventSource/.test(urls.get(id)[0])) sizes.delete(id);
    const kinds = [...sizes.keys()].map((id) => `${urls.get(id)[0]} ${sizes.get(id)}`);
    // Headers are counted with it.
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    told.diagnostic(`${bytes} bytes: ${kinds.join(', ')}`);
    assert.ok(bytes > 4_000 && bytes <= MOST_BYTES, `${bytes} bytes`);
    assert.ok(sizes.size <= MOST_REQUESTS, kinds.join(', '));
    await fresh.leave();
    await someone.leave();
  });
}

test('a picture of a page is told apart without its colours', async () => {
  const someone = await visitor(browser, gateway, { forcedColors: 'active', contrast: 'more' });
  const { page } = await someone.signIn(ADMIN);
  for (const path of ['/dashboard', '/dashboard/board', '/dashboard/tasks/T-4', '/dashboard/usage']) {
    await someone.go(path);
    assert.deepEqual(await layoutFaults(page, 24), []);
    // Each state keeps its shape and its word.
    const bare = await page.evaluate(`[...document.querySelectorAll('.state')].filter((each) => !each.querySelector('svg') || !each.textContent.trim()).length`);
    assert.equal(bare, 0, path);
    // The cards and buttons keep an edge, which forced colours do not take away.
    const edges = await page.evaluate(`[...document.querySelectorAll('.card, .task, .btn:not(.bare)')].filter((each) => each.checkVisibility() && getComputedStyle(each).borderTopStyle === 'none').length`);
    assert.equal(edges, 0, path);
  }
  await someone.leave();
});

test('nothing moves for who wants nothing to move', async () => {
  const someone = await visitor(browser, gateway, { reducedMotion: 'reduce', viewport: WIDE });
  const { page } = await someone.signIn(ADMIN);
  for (const path of ['/dashboard', '/dashboard/board']) {
    await someone.go(path);
    assert.equal(await page.evaluate('document.getAnimations().length'), 0);
  }
  await someone.leave();
});

test('nothing is lost when letters, words and lines are set further apart', async () => {
  const someone = await visitor(browser, gateway, { viewport: { width: 640, height: 800 } });
  const { page } = await someone.signIn(ADMIN);
  for (const path of ['/dashboard', '/dashboard/board', '/dashboard/tasks/T-4', '/dashboard/keys']) {
    await someone.go(path);
    // As WCAG 1.4.12 has it: nothing is lost when a reader sets lines, words and letters further apart.
    await page.evaluate(`(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
      document.adoptedStyleSheets = [sheet];
    })()`);
    const faults = (await layoutFaults(page, 24)).filter((fault) => !fault.startsWith('small'));
    assert.deepEqual(faults, [], path);
  }
  await someone.leave();
});
