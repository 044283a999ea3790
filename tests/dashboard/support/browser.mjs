// Debian's Chromium by playwright-core, and people in it who sign in. Whatever a page does that none of ours may (a dialog, a word
// on the console, a request to others, a secret in an answer) is kept, and fails the test when the person leaves.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const TOOLS = resolve(import.meta.dirname, '../../../target/tools/dashboard');
const { chromium } = createRequire(join(TOOLS, 'package.json'))('playwright-core');
const AXE = readFileSync(join(TOOLS, 'node_modules/axe-core/axe.min.js'), 'utf8');

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };

export function launch(args = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
  });
}

/** A person with a browser of their own, who has not signed in yet. Options are those of a context, and `expected`: a pattern of
 * console messages that are no fault of the page. */
export async function visitor(browser, gateway, { expected = /^$/, ...options } = {}) {
  const context = await browser.newContext({ viewport: WIDE, reducedMotion: 'reduce', baseURL: gateway.origin, ...options });
  context.setDefaultTimeout(10_000);
  const faults = [];
  const reads = [];
  const page = await context.newPage();
  const own = (url) => url.startsWith(`${gateway.origin}/`) || url.startsWith('data:') || url === 'about:blank';
  context.on('request', (request) => {
    if (!own(request.url())) faults.push(`a request to ${request.url()}`);
    if (holdsSecret(request.url(), gateway)) faults.push('a secret in a URL');
  });
  context.on('dialog', (dialog) => {
    if (dialog.type() !== 'beforeunload') faults.push(`a dialog: ${dialog.message()}`);
    dialog.accept().catch(() => {});
  });
  context.on('console', (message) => {
    const isNote = message.text().startsWith('Clear-Site-Data header on');
    if (!isNote && !expected.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`error: ${error.error()}`));
  context.on('response', (response) => { if (own(response.url())) reads.push(readAnswer(response, gateway, faults)); });
  return {
    context,
    page,
    faults,
    go: (path, options) => page.goto(gateway.url + path, options),
    async signIn(credential) {
      await page.goto(`${gateway.url}/dashboard/sign-in`);
      await page.getByLabel('Key, admin token or code').fill(credential);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'));
      return this;
    },
    async leave() {
      // Of an answer whose page was left meanwhile the browser may never give the rest.
      await atMostFiveSeconds(Promise.all(reads));
      // Of a page that is being left just then, Chromium at times never says that it is closed; it goes with the browser.
      await atMostFiveSeconds(context.close());
      assert.deepEqual(faults, []);
    },
  };
}

function atMostFiveSeconds(promise) {
  return Promise.race([promise, setTimeout(5_000, undefined, { ref: false })]);
}

function holdsSecret(text, gateway) {
  return [...gateway.secrets].some((secret) => text.includes(secret));
}

/** What a page answers holds no secret, but where a key is made. */
async function readAnswer(response, gateway, faults) {
  try {
    const headers = JSON.stringify(await response.allHeaders());
    if (holdsSecret(headers, gateway)) faults.push(`a secret in a header of ${response.url()}`);
    if (!/html/.test(headers) || response.status() === 303) return;
    const makesKey = response.request().method() === 'POST' && /\/(keys|rotate)$/.test(new URL(response.url()).pathname);
    if (!makesKey && holdsSecret(await response.text(), gateway)) faults.push(`a secret in ${response.url()}`);
  } catch {
    // The page went on before its body was kept by the browser.
  }
}

/** What axe finds wrong with the page as it is. */
export async function axe(page) {
  if (!await page.evaluate('typeof axe === "object"')) await page.evaluate(AXE);
  const { violations } = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.html.slice(0, 160)} (${node.failureSummary.split('\n')[1]?.trim()})`).join(' | ')} [${nodes.length}]`);
}

/** Opens every `<details>` of the page. */
export function openAll(page) {
  return page.evaluate('document.querySelectorAll("details").forEach((each) => { each.open = true; })');
}
