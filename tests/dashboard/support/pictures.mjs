// Takes the pictures of `tests/dashboard/pictures`: each page light at 1440 px and dark at 360 px, some of them empty and crowded too.

import { join } from 'node:path';

import { launch, PHONE, visitor, WIDE } from './browser.mjs';
import { ADMIN, startGateway } from './gateway.mjs';

const ORDINARY = [
  ['sign-in', null, '/dashboard/sign-in'],
  ['overview', 'administrator', '/dashboard'],
  ['board', 'administrator', '/dashboard/board'],
  ['task-parked', 'manager', '/dashboard/tasks/T-11'],
  ['task-held', 'manager', '/dashboard/tasks/T-14'],
  ['act', 'manager', '/dashboard/tasks/T-6/act'],
  ['new-task', 'manager', '/dashboard/tasks/new'],
  ['agents', 'administrator', '/dashboard/agents'],
  ['agent', 'administrator', '/dashboard/agents/ana'],
  ['usage', 'administrator', '/dashboard/usage'],
  ['keys', 'administrator', '/dashboard/keys'],
  ['me', 'manager', '/dashboard/me'],
  ['audit', 'administrator', '/dashboard/audit'],
  ['health', 'administrator', '/dashboard/health'],
  ['connect', 'administrator', '/dashboard/connect'],
];
const OTHERWISE = [
  ['overview', 'administrator', '/dashboard'],
  ['board', 'administrator', '/dashboard/board'],
  ['task', 'manager', '/dashboard/tasks/T-1'],
];
const DOCUMENTS = [
  ['overview', 'administrator', '/dashboard'],
  ['board', 'administrator', '/dashboard/board'],
  ['usage', 'administrator', '/dashboard/usage'],
];

const [first, second] = process.argv.slice(2);
const folder = second ?? first;
const browser = await launch(['--hide-scrollbars']);
let taken = 0;

async function take(variant, pages, looks) {
  const gateway = await startGateway(variant);
  for (const [look, options, fullPage] of looks) {
    const people = new Map();
    for (const [name, role, path] of pages) {
      if (!people.has(role)) {
        const someone = await visitor(browser, gateway, { expected: /Failed to load resource/, ...options });
        await someone.page.clock.setFixedTime(new Date());
        if (role) await someone.signIn(role === 'administrator' ? ADMIN : gateway.keys[role]);
        people.set(role, someone);
      }
      const { page, go } = people.get(role);
      await go(path);
      const file = second ? `${name}.png` : `${name}-${variant === 'ordinary' ? '' : `${variant}-`}${look}.png`;
      await page.screenshot({ path: join(folder, file), fullPage, animations: 'disabled', scale: 'css' });
      taken += 1;
    }
    for (const someone of people.values()) await someone.leave();
  }
  await gateway.stop();
}

const light = ['light', { viewport: WIDE, colorScheme: 'light' }, true];
const dark = ['dark', { viewport: PHONE, colorScheme: 'dark' }, true];
if (second) {
  await take('plain', DOCUMENTS, [['light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }, false]]);
} else {
  await take('ordinary', ORDINARY, [light, dark]);
  await take('empty', OTHERWISE, [light, dark]);
  await take('crowded', OTHERWISE, [light, dark]);
}
await browser.close();
console.log(`${taken} pictures in ${folder}`);
