// A key from its making to its end: copied, used by an MCP client, and what it opened is closed with it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, visitor } from './support/browser.mjs';
import { ADMIN, startGateway } from './support/gateway.mjs';
import { eachWay, until, within } from './support/hands.mjs';
import { lookAt } from './support/look.mjs';

const expected = /Failed to load resource/;
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

/** Opens a session of MCP as a client does; how many tools it is offered. */
async function toolsFor(key) {
  const call = async (method, params, session = {}) => {
    const answer = await within(method, fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...session },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    }));
    const text = await within(`the answer to ${method}`, answer.text());
    const { result } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
    return { result, session: answer.headers.get('mcp-session-id') };
  };
  const clientInfo = { name: 'keys', version: '1' };
  const { session } = await call('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
  const headers = { 'MCP-Protocol-Version': '2025-11-25', ...(session && { 'Mcp-Session-Id': session }) };
  const { result } = await call('tools/list', {}, headers);
  return result.tools.length;
}

eachWay((way, options, handsOf) => {
  test(`a key is made, copied and used, and takes what it opened along, ${way}`, async (told) => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const someone = await visitor(browser, gateway, { expected, permissions, ...options });
    const { page } = await someone.signIn(ADMIN);
    const hands = handsOf(page);
    await someone.go('/dashboard/keys');
    await hands.press(page.locator('summary', { hasText: 'For a person' }));
    await hands.fill(page.getByLabel('What it is for'), `made ${way}`);
    const mayRead = page.locator('input[name="board:read"]');
    if (!await mayRead.isChecked()) await hands.press(mayRead);
    await hands.press(page.getByRole('button', { name: 'Make the key' }));
    const field = page.locator('#key');
    const key = await field.inputValue();
    assert.match(key, /^mcp_[0-9A-Za-z]{36}$/);
    assert.ok(!page.url().includes('mcp_'));
    if (options.javaScriptEnabled !== false) {
      await hands.press(page.locator('[data-shown-once]').getByRole('button', { name: 'Copy' }));
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      const copied = await page.waitForFunction('navigator.clipboard.readText()');
      assert.equal(await copied.jsonValue(), key);
    }
    await page.reload();
    assert.equal(await field.inputValue(), key, 'a reload shows the same key');
    gateway.secrets.add(key);
    assert.ok(await toolsFor(key) > 10);

    const elsewhere = await visitor(browser, gateway, { expected });
    await elsewhere.signIn(key);
    await hands.press(page.getByRole('link', { name: 'To this key' }));
    await hands.press(page.locator('summary', { hasText: 'It opens nothing any more' }));
    await hands.press(page.getByRole('button', { name: 'Revoke this key' }));
    const isOut = async () => (await elsewhere.context.request.get('/dashboard/board')).status() === 401;
    const millis = await until('the session of a revoked key ends', 2_000, isOut);
    told.diagnostic(`signed out elsewhere after ${millis} ms`);
    await elsewhere.leave();
    await someone.leave();
  });

  test(`the audit log is searched ${way}`, async () => {
    const someone = await visitor(browser, gateway, { ...options });
    const { page } = await someone.signIn(ADMIN);
    const hands = handsOf(page);
    await someone.go('/dashboard/audit');
    await hands.fill(page.locator('#action'), 'key.');
    await hands.press(page.getByRole('button', { name: 'Show' }));
    await page.waitForURL('**/audit?**');
    const acts = await page.locator('tbody tr td:nth-child(3)').allTextContents();
    assert.ok(acts.length > 5 && acts.every((act) => act.startsWith('key.')), `${acts}`);
    await hands.fill(page.locator('#actor'), 'nobody');
    await hands.press(page.getByRole('button', { name: 'Show' }));
    await page.getByText('Nothing fits.').waitFor();
    await hands.press(page.getByRole('link', { name: 'Clear' }));
    await page.getByRole('cell', { name: 'dashboard.sign_in' }).first().waitFor();
    await someone.leave();
  });
});

test('the page that shows a key has no fault, and asks before it is left without a copy', async () => {
  const someone = await visitor(browser, gateway, {});
  const { page } = await someone.signIn(ADMIN);
  await someone.go('/dashboard/connect');
  await page.locator('summary').first().click();
  await page.getByRole('button', { name: 'Make the key' }).click();
  await page.locator('#key').waitFor();
  await lookAt(page);
  // A page is only asked for by what a person did on it.
  await page.locator('#key').click();
  const asked = page.waitForEvent('dialog');
  await page.getByRole('link', { name: 'Board', exact: true }).click();
  assert.equal((await asked).type(), 'beforeunload');
  await page.waitForURL('**/board');
  await someone.leave();
});

test('who rotates the own key stays signed in, and the text before is over', async () => {
  const someone = await visitor(browser, gateway, { expected });
  const { page } = await someone.signIn(gateway.keys.guest);
  await someone.go('/dashboard/me');
  await page.locator('#grace').selectOption('0');
  await page.getByRole('button', { name: 'Rotate' }).click();
  const key = await page.locator('#key').inputValue();
  assert.notEqual(key, gateway.keys.guest);
  gateway.secrets.add(key);
  await someone.go('/dashboard/me');
  await page.getByRole('heading', { name: 'My key' }).waitFor();
  await until('the text before opens nothing', 2_000, async () => {
    const answer = await fetch(`${gateway.url}/api/me`, { headers: { Authorization: `Bearer ${gateway.keys.guest}` } });
    return answer.status === 401;
  });
  await someone.leave();
});
