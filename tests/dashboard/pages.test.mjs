// Every page by itself: nothing that axe finds, nothing sideways, clipped or covered, nothing too small to be hit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, visitor } from './support/browser.mjs';
import { ADMIN, startGateway } from './support/gateway.mjs';
import { lookAt } from './support/look.mjs';
import { PAGES } from './support/pages.mjs';

// What a browser says of an answer that is a refusal.
const expected = /Failed to load resource/;
const people = new Map();
let browser;
let gateway;

before(async () => {
  gateway = await startGateway('ordinary');
  browser = await launch();
});
after(async () => {
  for (const person of people.values()) await person.leave();
  await browser.close();
  await gateway.stop();
});

async function person(role) {
  if (!people.has(role)) {
    const someone = await visitor(browser, gateway, { expected });
    if (role) await someone.signIn(role === 'administrator' ? ADMIN : gateway.keys[role]);
    people.set(role, someone);
  }
  return people.get(role);
}

for (const { name, as = 'administrator', path } of PAGES) {
  test(`${name} has no fault of layout and none that axe finds`, async () => {
    const { page, go } = await person(as);
    await go(path);
    await lookAt(page);
  });
}

test('a key, the page that shows it, and the answer to a form that came too late have none either', async () => {
  const { page, go } = await person('administrator');
  await go('/dashboard/keys');
  await page.getByRole('link', { name: "ana's laptop" }).click();
  await lookAt(page);
  await go('/dashboard/tasks/T-17/act');
  const elsewhere = await visitor(browser, gateway);
  await elsewhere.signIn(gateway.keys.manager);
  await elsewhere.go('/dashboard/tasks/T-17/act');
  await elsewhere.page.locator('select[name="status"]').selectOption('backlog');
  await elsewhere.page.getByRole('button', { name: 'Move' }).click();
  await elsewhere.page.waitForURL((url) => url.pathname === '/dashboard/tasks/T-17');
  await elsewhere.leave();
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST'),
    page.getByRole('button', { name: 'Move' }).click(),
  ]);
  assert.equal(answer.status(), 409);
  await page.waitForLoadState();
  await lookAt(page);
});
