// Markup where markup has no business: in every text that others write, in every parameter and every path. Nothing of it runs, and
// people see it as it was typed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, visitor } from './support/browser.mjs';
import { ADMIN, startGateway } from './support/gateway.mjs';
import { until } from './support/hands.mjs';
import { startLinear } from './support/linear.mjs';

const PAYLOADS = JSON.parse(readFileSync(join(import.meta.dirname, 'payloads.json'), 'utf8'));
// A payload makes a wrong path or a wrong field, which is answered with a refusal.
const expected = /Failed to load resource.*(401|404|422)/;
let browser;
let gateway;

before(async () => {
  gateway = await startGateway('hostile');
  browser = await launch();
});
after(async () => {
  await browser.close();
  await gateway.stop();
});

/** The texts on the page, what it holds in fields among them; and nothing but our own elements. */
async function seen(page) {
  const found = await page.evaluate(`({
    text: [document.title, document.body.textContent, ...[...document.querySelectorAll('input, textarea')].map((each) => each.value)].join('\\n'),
    scripts: document.querySelectorAll('script').length,
    others: [...document.querySelectorAll('img, iframe, object, embed, base, meta[http-equiv], style, video, math, template, body link, h1 ~ h1, [onload], [onerror], [onclick], [onfocus], [ontoggle], [onmouseover], a[href^="javascript" i], form[action*="evil"]')].map((each) => each.outerHTML.slice(0, 100)),
    alone: document.querySelectorAll('h1').length,
  })`);
  assert.equal(found.scripts, 1);
  assert.equal(found.alone, 1);
  assert.deepEqual(found.others, []);
  return found.text;
}

async function administrator() {
  const someone = await visitor(browser, gateway, { expected });
  await someone.signIn(ADMIN);
  return someone;
}

test('texts of tasks, agents, keys and the audit log are shown as they were typed', async () => {
  const someone = await administrator();
  const { page, go } = someone;
  for (const [place, payload] of PAYLOADS.entries()) {
    for (const number of [place + 1, place + 41, place + 81, place + 121]) {
      await go(`/dashboard/tasks/T-${number}`);
      const text = await seen(page);
      // Title, headline, description, labels, and what was said or who has it.
      assert.ok(text.split(payload).length > 6, `T-${number}: ${payload}`);
      assert.equal(await page.locator('h1 bdi').textContent(), payload);
    }
    await go(`/dashboard/tasks/T-${place + 1}/act`);
    assert.ok((await seen(page)).includes(payload));
    await go(`/dashboard/agents/${encodeURIComponent(payload)}`);
    assert.ok((await seen(page)).split(payload).length > 4, `agent ${payload}`);
  }
  for (const [path, most] of [['/dashboard', 1], ['/dashboard/board', 20], ['/dashboard/agents', 20], ['/dashboard/keys', 20], ['/dashboard/audit', 40], ['/dashboard/usage?by=user', 0]]) {
    await go(path);
    const text = await seen(page);
    const shown = PAYLOADS.filter((payload) => text.includes(payload));
    assert.ok(shown.length >= most, `${path} shows ${shown.length}`);
  }
  await someone.leave();
});

test('what stands in an address or a field is shown as it was typed, or not at all', async () => {
  const someone = await administrator();
  const { page, go } = someone;
  for (const payload of PAYLOADS) {
    const text = encodeURIComponent(payload);
    await go(`/dashboard/board?q=${text}&label=${text}&agent=${text}`);
    assert.equal(await page.locator('.filters input[name="q"]').inputValue(), payload);
    assert.ok((await seen(page)).includes(payload));
    for (const path of [
      `/dashboard/keys?user=${text}`, `/dashboard/audit?actor=${text}&action=${text}&target=${text}`, `/dashboard/audit?hours=${text}`,
      `/dashboard/board?cancelled=${text}`, `/dashboard/usage?window=${text}&by=${text}`, `/dashboard/find?q=${text}`, `/dashboard/agents?after=${text}`, `/dashboard/tasks/T-1?done=${text}&from=${text}`,
      `/dashboard/tasks/${text}`, `/dashboard/keys/${text}`, `/dashboard/${text}`, `/dashboard/sign-in?next=${text}`,
    ]) {
      await go(path);
      await seen(page);
    }
  }
  await someone.leave();
});

test('what is typed into forms comes back as it was typed', async () => {
  const someone = await visitor(browser, gateway, { expected });
  await someone.signIn(gateway.keys.manager);
  const { page, go } = someone;
  await go('/dashboard/tasks/new');
  for (const payload of PAYLOADS) {
    await page.locator('input[name="title"]').fill(payload);
    await page.locator('textarea[name="description"]').fill(payload);
    await page.locator('input[name="labels"]').fill(payload);
    // No task of that name: the form is answered with what was typed.
    await page.locator('input[name="on"]').fill(`T-9999 ${payload}`);
    await Promise.all([page.waitForNavigation(), page.locator('main form').getByRole('button').click()]);
    await page.getByText('No task was made').waitFor();
    assert.equal(await page.locator('input[name="title"]').inputValue(), payload);
    assert.equal(await page.locator('textarea[name="description"]').inputValue(), payload);
    await seen(page);
  }
  await someone.leave();
});

test('the name a client gives itself is shown as it was given', async () => {
  const stop = new AbortController();
  const names = PAYLOADS.slice(0, 8);
  const streams = [];
  for (const name of names) {
    const headers = {
      Authorization: `Bearer ${gateway.keys.agent}`, 'Content-Type': 'application/json', 'User-Agent': name,
      Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2025-11-25',
    };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name, version: name } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const opened = await fetch(`${gateway.url}/mcp`, { method: 'POST', headers, body });
    await opened.text();
    headers['Mcp-Session-Id'] = opened.headers.get('mcp-session-id');
    // A stream that nobody holds is ended when memory is tidied up.
    streams.push(await fetch(`${gateway.url}/mcp`, { headers, signal: stop.signal }));
  }
  const someone = await administrator();
  await someone.go('/dashboard/health');
  const text = await seen(someone.page);
  for (const name of names) assert.ok(text.includes(name), name);
  assert.ok(streams.every((stream) => stream.ok));
  stop.abort();
  await someone.leave();
});

test('an address that a board elsewhere gives leads to a web page, or nowhere', async () => {
  const quoted = 'https://elsewhere.example/"><img src=x onerror=alert(1)>';
  const single = "http://elsewhere.example/' onclick='alert(1)";
  const addresses = [
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'javascript://https://elsewhere.example/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>', 'vbscript:alert(1)', 'blob:https://elsewhere.example/x', 'file:///etc/passwd', '//elsewhere.example', '/dashboard/keys', '"><script>alert(1)</script>',
    quoted, single,
  ];
  for (const project of ['javascript:alert(1)', quoted]) {
    const linear = await startLinear(project, addresses);
    const other = await startGateway('empty', linear.settings);
    const someone = await visitor(browser, other, { expected });
    await someone.signIn(ADMIN);
    const { page, go } = someone;
    const outward = () => page.evaluate(`[...document.querySelectorAll('a')].filter((link) => link.origin !== location.origin).map((link) => ({ href: link.href, rel: link.rel }))`);
    const led = (url) => ({ href: new URL(url).href, rel: 'noopener noreferrer' });
    await until('the board is read', 20_000, async () => (await go('/dashboard/tasks/EVIL-1')).status() === 200);
    for (const [place, address] of addresses.entries()) {
      await go(`/dashboard/tasks/EVIL-${place + 1}`);
      await seen(page);
      assert.deepEqual(await outward(), [quoted, single].includes(address) ? [led(address)] : [], address);
    }
    await go('/dashboard/board');
    await seen(page);
    assert.deepEqual(await outward(), project === quoted ? [led(quoted)] : []);
    await someone.leave();
    await other.stop();
    await linear.stop();
  }
});

test('a frame on another page stays empty', async () => {
  const other = createServer((request, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end(`<!doctype html><title>x</title><link rel="icon" href="data:,"><iframe src="${gateway.origin}/dashboard/board"></iframe>`);
  });
  await new Promise((up) => other.listen(0, '127.0.0.1', up));
  for (const host of ['localhost', '127.0.0.1']) {
    const someone = await administrator();
    const [refused] = await Promise.all([
      someone.context.waitForEvent('console', (message) => /frame/i.test(message.text())),
      someone.page.goto(`http://${host}:${other.address().port}/`),
    ]);
    assert.match(refused.text(), /X-Frame-Options|frame-ancestors/);
    assert.equal(await someone.page.frames()[1].evaluate('document.querySelectorAll("main").length'), 0);
    someone.faults.length = 0;
    await someone.leave();
  }
  other.close();
});
