// Pages that follow what happens, and the board's menu, keys and dragging.

import assert from 'node:assert/strict';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';

import { launch, PHONE, visitor, WIDE } from './support/browser.mjs';
import { ADMIN, startGateway } from './support/gateway.mjs';
import { until } from './support/hands.mjs';
import { lookAt } from './support/look.mjs';
import { startNginx } from './support/nginx.mjs';

// What a browser says while the gateway is away, or of a session that is over.
const expected = /Failed to load resource|ERR_/;
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

/** Somebody at a page that is live. */
async function live(path, { role = 'manager', at = gateway, ...options } = {}) {
  const someone = await visitor(browser, at, { expected, ...options });
  await someone.signIn(role === 'administrator' ? ADMIN : gateway.keys[role]);
  await someone.go(path);
  await isLive(someone.page);
  await someone.page.evaluate('window.stays = true');
  return someone;
}

const isLive = (page) => page.locator('[data-live]', { hasText: /^Live$/ }).waitFor({ timeout: 45_000 });
const stayed = async (page) => assert.equal(await page.evaluate('window.stays'), true, 'the page was loaded anew');
const card = (page, key) => page.locator(`#task-${key}`);
const told = (page) => page.locator('p[role="status"].away');

test('what an agent does is seen without a reload, and nothing that is open or being typed is lost', async (report) => {
  const someone = await live('/dashboard/board');
  const { page } = someone;
  const typed = page.getByLabel('Label', { exact: true });
  await typed.fill('half a wor');
  const begun = Date.now();
  const { task } = await gateway.tool('create_task', { title: 'Made while somebody looks', priority: 'urgent' });
  await card(page, task.key).waitFor();
  report.diagnostic(`a new task is seen after ${Date.now() - begun} ms`);
  assert.equal(await typed.inputValue(), 'half a wor');
  assert.ok(await typed.evaluate((node) => node === document.activeElement));
  await stayed(page);
  await someone.leave();
});

test('a card is moved and assigned by keys alone, and the focus comes back to it', async () => {
  const someone = await live('/dashboard/board');
  const { page } = someone;
  await card(page, 'T-18').locator(':scope > a').focus();
  await page.keyboard.press('m');
  await page.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('b');
  await told(page).getByText('T-18 moved to Backlog').waitFor();
  await page.locator('#backlog #task-T-18').waitFor();
  await until('the focus is on the card', 5_000, () => card(page, 'T-18').locator(':scope > a').evaluate((node) => node === document.activeElement));
  await page.keyboard.press('m');
  await page.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.move:popover-open').waitFor({ state: 'detached' });
  await page.keyboard.press('m');
  await page.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('t');
  await page.locator('#ready #task-T-18').waitFor();
  await card(page, 'T-24').locator(':scope > a').focus();
  await page.keyboard.press('a');
  await page.locator('.move input[name="person"]:focus').waitFor();
  await page.keyboard.type('olga');
  await page.keyboard.press('Enter');
  await page.locator('#person #task-T-24').waitFor();
  await told(page).getByText('T-24 assigned to olga').waitFor();
  await card(page, 'T-17').locator(':scope > a').focus();
  await page.keyboard.press('ArrowDown');
  const next = await page.evaluate('document.activeElement.closest("li.task")?.id');
  assert.ok(next && next !== 'task-T-17', next);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/tasks\/T-\d+$/);
  await someone.leave();
});

for (const [where, viewport] of [['on a wide screen', WIDE], ['on a phone', PHONE]]) {
  test(`the menu of a card ${where} has no fault and moves it`, async () => {
    const someone = await live('/dashboard/board', { viewport });
    const { page } = someone;
    await card(page, 'T-17').getByRole('link', { name: /^Move or assign/ }).click();
    await page.getByRole('menuitem').first().waitFor();
    const box = await page.locator('.move').boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= viewport.width + 1 && box.y >= 0 && box.y + box.height <= viewport.height + 1, JSON.stringify(box));
    await lookAt(page, { menu: true });
    await page.setViewportSize(viewport);
    await page.getByRole('menuitem', { name: /Backlog/ }).click();
    await page.locator('#backlog #task-T-17').waitFor();
    // The way back stands in what tells of it.
    await page.locator('.toast').getByRole('button', { name: /^Undo/ }).click();
    await page.getByText('Moved to To do.').waitFor();
    await someone.leave();
  });
}

test('a card is dragged to another group, and dropped nowhere it stays', async () => {
  const someone = await live('/dashboard/board');
  const { page } = someone;
  const drag = async (key, to, meanwhile) => {
    await card(page, key).locator('.head').hover({ position: { x: 100, y: 8 } });
    await page.mouse.down();
    await meanwhile?.();
    const { x, y } = await to.boundingBox();
    for (const part of [0.2, 0.6, 1]) await page.mouse.move(x + 10 + (1 - part) * 30, y + 8, { steps: 3 });
    await page.mouse.up();
  };
  // The page is read anew between the press and the first move.
  await drag('T-26', page.locator('#done'), async () => {
    const { task } = await gateway.tool('create_task', { title: 'Made while a card is pressed', status: 'backlog' });
    await card(page, task.key).waitFor();
  });
  await page.locator('#done #task-T-26').waitFor();
  await told(page).getByText('T-26 moved to Done').waitFor();
  await drag('T-12', page.locator('h1'));
  await page.locator('#person #task-T-12').waitFor();
  await stayed(page);
  await someone.leave();
});

test('a hold that a person ends is named first', async () => {
  const someone = await live('/dashboard/board');
  const { page } = someone;
  await card(page, 'T-13').locator(':scope > a').focus();
  await page.keyboard.press('m');
  await page.locator('.move').getByText(/fay.* holds it/).waitFor();
  await page.keyboard.press('Escape');
  await someone.leave();
});

test('a gateway that is stopped and started is lost and found again without a reload', async (report) => {
  const other = await startGateway('ordinary');
  const someone = await visitor(browser, other, { expected });
  await someone.signIn(other.keys.viewer);
  await someone.go('/dashboard');
  await isLive(someone.page);
  await someone.page.evaluate('window.stays = true');
  await other.halt();
  await someone.page.locator('[data-live]', { hasText: 'Reconnecting' }).waitFor();
  const begun = Date.now();
  await other.start();
  await isLive(someone.page);
  report.diagnostic(`live again ${Date.now() - begun} ms after the start`);
  await stayed(someone.page);
  await someone.leave();
  await other.stop();
});

test('the same behind nginx, which answers 502 meanwhile', async () => {
  const other = await startGateway('ordinary');
  const nginx = await startNginx(new URL(other.origin).port);
  const someone = await visitor(browser, { ...other, origin: nginx.origin, url: nginx.origin, secrets: other.secrets }, { expected });
  await someone.signIn(other.keys.viewer);
  await isLive(someone.page);
  await someone.page.evaluate('window.stays = true');
  await other.halt();
  await someone.page.locator('[data-live]', { hasText: 'Reconnecting' }).waitFor();
  assert.equal((await fetch(`${nginx.origin}/health`)).status, 502);
  await other.start();
  await isLive(someone.page);
  await stayed(someone.page);
  await someone.leave();
  await nginx.stop();
  await other.stop();
});

test('and behind a proxy that breaks off what it passes', async () => {
  const other = await startGateway('ordinary');
  const proxy = createServer((asked, answer) => {
    const to = { host: '127.0.0.1', port: new URL(other.origin).port, path: asked.url, method: asked.method, headers: asked.headers };
    const passed = ask(to, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
      got.on('error', () => answer.destroy());
    });
    passed.on('error', () => { if (answer.headersSent) answer.destroy(); else { answer.writeHead(502, { 'Content-Type': 'text/html' }); answer.end('<h1>502 Bad Gateway</h1>'); } });
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise((up) => proxy.listen(0, '127.0.0.1', up));
  const origin = `http://127.0.0.1:${proxy.address().port}`;
  const someone = await visitor(browser, { ...other, origin, url: origin, secrets: other.secrets }, { expected });
  await someone.signIn(other.keys.viewer);
  await isLive(someone.page);
  await someone.page.evaluate('window.stays = true');
  await other.halt();
  await someone.page.locator('[data-live]', { hasText: 'Reconnecting' }).waitFor();
  await other.start();
  await isLive(someone.page);
  await stayed(someone.page);
  await someone.leave();
  proxy.closeAllConnections();
  proxy.close();
  await other.stop();
});

test('what happens in one process is seen in a page of another', async (report) => {
  const other = await startGateway('ordinary', {}, gateway);
  const someone = await live('/dashboard/board', { at: other });
  const begun = Date.now();
  const { task } = await gateway.tool('create_task', { title: 'Made in the other process' });
  await card(someone.page, task.key).waitFor();
  report.diagnostic(`seen in the other process after ${Date.now() - begun} ms`);
  await stayed(someone.page);
  await someone.leave();
  await other.halt();
});

test('who is signed out elsewhere sees the sign-in by itself', async (report) => {
  const made = await gateway.api('POST', '/admin/tokens', ADMIN, { user_id: 'display', scopes: ['board:read'] });
  gateway.secrets.add(made.mcp_key);
  const someone = await visitor(browser, gateway, { expected });
  await someone.signIn(made.mcp_key);
  await isLive(someone.page);
  const begun = Date.now();
  await gateway.api('DELETE', `/admin/tokens/${made.id ?? made.key_id ?? made.token_id}`);
  await someone.page.getByLabel('Key, admin token or code').waitFor();
  report.diagnostic(`signed out in the open page after ${Date.now() - begun} ms`);
  await someone.leave();
});

test('a tab that is not seen holds no stream, and catches up when it is seen', async () => {
  const other = await startGateway('ordinary');
  const someone = await visitor(browser, other, { expected });
  const { page } = await someone.signIn(other.keys.viewer);
  await someone.go('/dashboard/board');
  await isLive(page);
  await page.evaluate('window.stays = true');
  const streams = async () => (await other.api('GET', '/sessions')).sessions.filter(({ transport }) => transport === 'dashboard').length;
  // The stream of the page before this one ends when the gateway notices that its browser has gone on.
  await until('the page has one stream', 20_000, async () => await streams() === 1);
  // No tab of this browser is ever hidden: what a page is told of it is said for it.
  const hide = (hidden) => page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${hidden ? 'hidden' : 'visible'}' });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
  await hide(true);
  await until('it is closed', 20_000, async () => await streams() === 0);
  const { task } = await other.tool('create_task', { title: 'Made while nobody sees it' });
  assert.equal(await card(page, task.key).count(), 0);
  await hide(false);
  await card(page, task.key).waitFor();
  await until('it is open again', 20_000, async () => await streams() === 1);
  await isLive(page);
  // A look elsewhere that is over within five seconds closes nothing.
  await hide(true);
  await hide(false);
  assert.equal(await streams(), 1);
  await stayed(page);
  await someone.leave();
  await other.stop();
});

test('200 streams that nobody reads hold nobody up, and one person has no more of them than the setting says', async (report) => {
  const most = 120;
  const other = await startGateway('ordinary', { TASKGATE_MAX_STREAMS_PER_PRINCIPAL: `${most}` });
  const { port } = new URL(other.origin);
  const sockets = [];
  /** Opens one and reads its first line; what comes then is left where it is. */
  const openStream = (cookie) => new Promise((opened, failed) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(`GET /dashboard/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nAccept: text/event-stream\r\n\r\n`));
    sockets.push(socket);
    socket.once('data', (data) => { socket.pause(); opened(Number(`${data}`.split(' ')[1])); });
    socket.on('error', failed);
  });
  const statuses = {};
  for (const role of ['viewer', 'manager']) {
    const someone = await visitor(browser, other, { expected });
    await someone.signIn(other.keys[role]);
    const cookie = (await someone.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    await someone.leave();
    statuses[role] = [];
    for (let stream = 0; stream < 100; stream += 1) statuses[role].push(await openStream(cookie));
    assert.ok(statuses[role].every((status) => status === 200), `${role}: ${statuses[role]}`);
    if (role === 'viewer') continue;
    // The same person in another browser is the same person.
    for (let stream = 0; stream < 30; stream += 1) statuses[role].push(await openStream(cookie));
    assert.deepEqual(statuses[role].map((status) => status === 200), Array.from({ length: 130 }, (_, stream) => stream < most));
  }
  const someone = await visitor(browser, other, { expected });
  const { page } = await someone.signIn(ADMIN);
  await someone.go('/dashboard/board');
  await isLive(page);
  const begun = Date.now();
  const { task } = await other.tool('create_task', { title: 'Made while nobody reads' });
  await card(page, task.key).waitFor();
  report.diagnostic(`${sockets.length} streams open, a change is seen by another after ${Date.now() - begun} ms`);
  assert.equal((await someone.go('/dashboard')).status(), 200);
  await someone.leave();
  for (const socket of sockets) socket.destroy();
  await other.stop();
});

test('under a prefix every link of the navigation works, and pages are live', async () => {
  const probe = createServer();
  await new Promise((up) => probe.listen(0, '127.0.0.1', up));
  const { port } = probe.address();
  await new Promise((down) => probe.close(down));
  const other = await startGateway('ordinary', { MCP_PORT: `${port}`, TASKGATE_PUBLIC_URL: `http://127.0.0.1:${port}/gate` });
  const someone = await visitor(browser, other, { expected });
  const { page } = await someone.signIn(ADMIN);
  await isLive(page);
  const links = await page.locator('nav[aria-label="Pages"] a').evaluateAll((all) => all.map((link) => link.pathname));
  assert.ok(links.length > 7);
  for (const link of links) {
    assert.match(link, /^\/gate\/dashboard/);
    assert.equal((await page.goto(other.origin + link)).status(), 200);
    const strays = await page.evaluate(`[...document.querySelectorAll('a[href^="/"], form[action^="/"], link[href^="/"], script[src^="/"]')].map((each) => each.getAttribute('href') ?? each.getAttribute('action') ?? each.getAttribute('src')).filter((to) => !to.startsWith('/gate/'))`);
    assert.deepEqual(strays, []);
  }
  await page.goto(`${other.url}/dashboard/tasks/T-11`);
  await page.getByRole('button', { name: 'Offer again' }).click();
  await page.getByText('Moved to To do.').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL((url) => url.pathname === '/gate/dashboard/sign-in');
  await someone.leave();
  await other.stop();
});

test('of 10,000 tasks a page has 250 cards at most, and says how many there are', async (report) => {
  const crowded = await startGateway('crowded');
  const someone = await visitor(browser, crowded, { expected });
  await someone.signIn(ADMIN);
  for (const path of ['/dashboard', '/dashboard/board?cancelled=1']) {
    await someone.go(path);
    const cards = await someone.page.locator('li.task').count();
    report.diagnostic(`${path}: ${cards} cards`);
    assert.ok(cards <= 250, `${cards}`);
  }
  await someone.page.getByText(/of 1,000/).first().waitFor();
  await someone.leave();
  await crowded.stop();
});
