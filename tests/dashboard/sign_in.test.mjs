// The ways in and out, by mouse, by keyboard alone, and without JavaScript.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { launch, visitor } from './support/browser.mjs';
import { ADMIN, startGateway } from './support/gateway.mjs';

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

/** The link that `taskgate dashboard` prints, and the code in it. */
function code() {
  const printed = gateway.command('dashboard');
  const link = /http:\S+#(\S+)/.exec(printed);
  gateway.secrets.add(link[1]);
  return { link: link[0], code: link[1] };
}

const isOverview = (url) => url.pathname === '/dashboard';
const isSignIn = (url) => url.pathname === '/dashboard/sign-in';
const WAYS = {
  'a key': () => [gateway.keys.viewer, 'viewer@example.com'],
  'the admin token': () => [ADMIN, 'Administrator'],
  'a code that is typed': () => [code().code.toLowerCase(), 'Administrator'],
};

for (const [way, make] of Object.entries(WAYS)) {
  for (const javaScriptEnabled of [true, false]) {
    test(`by ${way} with the mouse${javaScriptEnabled ? "" : " and no script"}`, async () => {
      const [credential, name] = make();
      const someone = await visitor(browser, gateway, { javaScriptEnabled });
      await someone.signIn(credential);
      assert.ok(isOverview(new URL(someone.page.url())));
      await someone.page.getByText(name, { exact: true }).waitFor();
      await someone.page.getByRole('button', { name: 'Sign out' }).click();
      await someone.page.waitForURL(isSignIn);
      await someone.leave();
    });
  }

  test(`by ${way} with the keyboard alone`, async () => {
    const [credential, name] = make();
    const someone = await visitor(browser, gateway, {});
    const { page } = someone;
    await someone.go('/dashboard/sign-in');
    // The field has the focus by itself.
    await page.locator('#credential:focus').waitFor();
    await page.keyboard.type(credential);
    await page.keyboard.press('Enter');
    await page.waitForURL(isOverview);
    await page.getByText(name, { exact: true }).waitFor();
    await pressUntil(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.waitForURL(isSignIn);
    await someone.leave();
  });
}

/** Goes on by Tab until what has that name has the focus. */
async function pressUntil(page, name) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate('document.activeElement.textContent.trim()') === name) return;
  }
  assert.fail(`Tab never came to ${name}`);
}

test('the link of a code signs in by itself, once, and does not stay in the address', async () => {
  const { link } = code();
  const someone = await visitor(browser, gateway, { expected });
  await someone.page.goto(link);
  await someone.page.waitForURL(isOverview);
  assert.equal(new URL(someone.page.url()).hash, '');
  await someone.page.goBack().catch(() => {});
  assert.ok(!someone.page.url().includes('#'));
  await someone.leave();
  const second = await visitor(browser, gateway, { expected });
  await second.page.goto(link);
  await second.page.getByText('This opens nothing here').waitFor();
  await second.leave();
});

test('a page that was asked for first is the one that is shown after signing in', async () => {
  const someone = await visitor(browser, gateway, { expected });
  await someone.go('/dashboard/board?q=tag');
  await someone.page.getByLabel('Key, admin token or code').fill(gateway.keys.viewer);
  await someone.page.getByRole('button', { name: 'Sign in' }).click();
  await someone.page.waitForURL('**/dashboard/board?q=tag');
  await someone.leave();
});

test('a wrong credential is refused in the page, without a word of what was typed', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const someone = await visitor(browser, gateway, { expected, javaScriptEnabled });
    const typed = 'a-credential-that-opens-nothing';
    await someone.go('/dashboard/sign-in');
    await someone.page.getByLabel('Key, admin token or code').fill(typed);
    await someone.page.getByRole('button', { name: 'Sign in' }).click();
    await someone.page.getByRole('alert').waitFor();
    assert.ok(!(await someone.page.content()).includes(typed));
    await someone.leave();
  }
});

test('back after sign-out shows nothing of before', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const someone = await visitor(browser, gateway, { expected, javaScriptEnabled });
    const { page } = await someone.signIn(ADMIN);
    await someone.go('/dashboard/keys');
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(isSignIn);
    await page.goBack();
    await page.getByLabel('Key, admin token or code').waitFor();
    assert.ok(!(await page.content()).includes('ana@example.com'));
    await someone.leave();
  }
});

test('a link from a chat opens signed in, and a form from elsewhere does nothing', async () => {
  const chat = createServer((request, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end(`<!doctype html><title>chat</title><link rel="icon" href="data:,"><a href="${gateway.origin}/dashboard/tasks/T-4">T-4</a>
      <form method="post" action="${gateway.origin}/dashboard/sign-out"><button>out</button></form>`);
  });
  await new Promise((up) => chat.listen(0, '127.0.0.1', up));
  const elsewhere = `http://localhost:${chat.address().port}/`;
  const someone = await visitor(browser, gateway, { expected });
  await someone.signIn(gateway.keys.viewer);
  await someone.page.goto(elsewhere);
  await someone.page.getByRole('link').click();
  await someone.page.getByRole('heading', { name: /Add tag search/ }).waitFor();
  await someone.page.goto(elsewhere);
  const [refused] = await Promise.all([
    someone.page.waitForResponse((answer) => answer.url().endsWith('/sign-out')),
    someone.page.getByRole('button').click(),
  ]);
  assert.ok(refused.status() === 403 || refused.status() === 401, `${refused.status()}`);
  await someone.go('/dashboard/board');
  await someone.page.getByRole('heading', { name: 'Board', exact: true }).waitFor();
  // The chat is the one other that was asked for anything.
  const own = someone.faults.filter((fault) => !fault.includes(elsewhere));
  someone.faults.length = 0;
  someone.faults.push(...own);
  await someone.leave();
  chat.close();
});
