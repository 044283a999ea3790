// What a person does to tasks: moved, offered again, assigned, tied, undone, deleted, and made; and what two do at once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, visitor } from './support/browser.mjs';
import { startGateway } from './support/gateway.mjs';
import { eachWay } from './support/hands.mjs';

const expected = /Failed to load resource.*409/;
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

eachWay((way, options, handsOf) => {
  async function manager() {
    const someone = await visitor(browser, gateway, { expected, ...options });
    await someone.signIn(gateway.keys.manager);
    return { ...someone, hands: handsOf(someone.page) };
  }
  const section = (page, name) => page.getByRole('region', { name, exact: true });

  test(`a task is moved from its page, and moved back, ${way}`, async () => {
    const { page, go, hands, leave } = await manager();
    await go('/dashboard/tasks/T-22');
    await hands.press(page.getByRole('link', { name: 'Change…' }));
    await hands.choose(page.locator('select[name="status"]'), 'backlog');
    await hands.press(page.getByRole('button', { name: 'Move' }));
    await page.getByText('Moved to Backlog.').waitFor();
    await hands.press(page.getByRole('button', { name: 'Undo: back to To do' }));
    await page.getByText('Moved to To do.').waitFor();
    await leave();
  });

  test(`a parked task is offered again ${way}`, async () => {
    const { page, go, hands, leave } = await manager();
    await go('/dashboard/tasks/T-11');
    await hands.press(page.getByRole('button', { name: 'Offer again' }));
    await page.getByText('Moved to To do.').waitFor();
    await page.getByText(/^Offered/).waitFor();
    // As it was, for the next one.
    await hands.press(page.getByRole('button', { name: /^Undo/ }));
    await page.getByText('Moved to Blocked.').waitFor();
    await leave();
  });

  test(`a task is assigned to a person and given back ${way}`, async () => {
    const { page, go, hands, leave } = await manager();
    await go('/dashboard/tasks/T-24/act');
    await hands.fill(page.locator('input[name="person"]'), 'olga');
    await hands.press(section(page, 'Assign').getByRole('button'));
    await page.getByText('Not offered: olga has it.').waitFor();
    await hands.press(page.getByRole('button', { name: 'Undo: back to the agents' }));
    await page.getByText(/^Offered/).waitFor();
    await leave();
  });

  test(`a task is tied to another ${way}`, async () => {
    const { page, go, hands, leave } = await manager();
    await go('/dashboard/tasks/T-18/act');
    await hands.fill(page.locator('input[name="on"]'), 'T-17');
    await hands.press(section(page, 'What it waits for').getByRole('button'));
    await page.getByText('Not offered: it waits for T-17.').waitFor();
    await hands.press(page.getByRole('button', { name: /^Undo/ }));
    await page.getByText(/^Offered/).waitFor();
    await leave();
  });

  test(`a task is made and deleted ${way}`, async () => {
    const { page, go, hands, leave } = await manager();
    await go('/dashboard/board');
    await hands.press(page.getByRole('link', { name: /New task/ }));
    await hands.fill(page.locator('input[name="title"]'), `Made ${way}`);
    await hands.press(page.locator('main form').getByRole('button'));
    await page.getByRole('heading', { level: 1, name: `Made ${way}` }).waitFor();
    const key = /T-\d+/.exec(page.url())[0];
    await hands.press(page.getByRole('link', { name: 'Change…' }));
    await hands.fill(page.locator('input[name="key"]'), key);
    await hands.press(page.getByRole('button', { name: `Delete ${key}` }));
    await page.getByText(`${key} was deleted`).waitFor();
    await leave();
  });

  test(`who comes too late is told how it stands now, ${way}`, async () => {
    const first = await manager();
    const second = await manager();
    await first.go('/dashboard/tasks/T-17/act');
    await second.go('/dashboard/tasks/T-17/act');
    await first.hands.choose(first.page.locator('select[name="status"]'), 'backlog');
    await first.hands.press(first.page.getByRole('button', { name: 'Move' }));
    await first.page.getByText('Moved to Backlog.').waitFor();
    await second.hands.choose(second.page.locator('select[name="status"]'), 'done');
    await second.hands.press(second.page.getByRole('button', { name: 'Move' }));
    await second.page.getByText('nothing was done').waitFor();
    await second.page.getByText('it is in the backlog').waitFor();
    // What is seen now can be acted on.
    await second.hands.choose(second.page.locator('select[name="status"]'), 'todo');
    await second.hands.press(second.page.getByRole('button', { name: 'Move' }));
    await second.page.getByText('Moved to To do.').waitFor();
    await first.leave();
    await second.leave();
  });
});

test('who may only look finds no form, and their own request does nothing', async () => {
  const someone = await visitor(browser, gateway, { expected: /Failed to load resource.*403/ });
  await someone.signIn(gateway.keys.viewer);
  await someone.go('/dashboard/tasks/T-22');
  assert.equal(await someone.page.getByRole('link', { name: 'Change…' }).count(), 0);
  const page = await someone.go('/dashboard/tasks/T-22/act');
  assert.equal(page.status(), 403);
  const token = await someone.page.locator('input[name="token"]').first().inputValue();
  const form = { token, status: 'done', seen_status: 'todo' };
  const headers = { Origin: gateway.origin };
  const moved = await someone.context.request.post('/dashboard/tasks/T-22/move', { form, headers });
  assert.equal(moved.status(), 403);
  await someone.leave();
});
