// Prints the figures of the dashboard: first paint in the browser, the server's time a page, and whether usage adds up.

import { readFileSync } from 'node:fs';

import { launch, visitor } from './browser.mjs';
import { ADMIN, startGateway } from './gateway.mjs';
import { until } from './hands.mjs';

const TIMES = 11;
const PAGES = 200;
// The kernel counts time in these: USER_HZ, which is 100 on every Linux.
const TICK_MILLIS = 10;
const browser = await launch();

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
/** Milliseconds of processor time that the gateway has used. */
function cpu(gateway) {
  const stat = readFileSync(`/proc/${gateway.child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MILLIS;
}

async function measure(variant, paths) {
  const gateway = await startGateway(variant, { RUST_LOG: 'warn,taskgate=info' });
  const someone = await visitor(browser, gateway, {});
  await someone.signIn(ADMIN);
  const cookies = await someone.context.cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  await someone.leave();
  for (const path of paths) {
    const paints = [];
    for (let time = 0; time < TIMES; time += 1) {
      // Nothing is in its cache.
      const fresh = await visitor(browser, gateway, {});
      await fresh.context.addCookies(cookies);
      await fresh.go(path);
      const first = 'performance.getEntriesByName("first-contentful-paint")[0]?.startTime';
      let paint;
      await until('a first paint', 10_000, async () => { paint = await fresh.page.evaluate(first); return paint; });
      paints.push(paint);
      await fresh.leave();
    }
    const headers = { Cookie: cookie, 'Accept-Encoding': 'gzip', 'X-Refetch': '1' };
    const read = async () => (await fetch(gateway.url + path, { headers })).arrayBuffer();
    for (let time = 0; time < 20; time += 1) await read();
    const [before, begun] = [cpu(gateway), Date.now()];
    for (let time = 0; time < PAGES; time += 1) await read();
    const used = cpu(gateway) - before;
    console.log(`${variant} ${path}: first paint ${median(paints).toFixed(0)} ms (median of ${TIMES}), server ${(used / PAGES).toFixed(2)} ms of CPU a page, ${((Date.now() - begun) / PAGES).toFixed(2)} ms until it is there`);
  }
  await gateway.stop();
}

/** Calls that are made, and those that the page of usage says were made. */
async function usage() {
  const calls = 137;
  const gateway = await startGateway('empty');
  const someone = await visitor(browser, gateway, {});
  const { page } = await someone.signIn(ADMIN);
  for (let call = 0; call < calls; call += 1) await gateway.tool('ping', {});
  const begun = Date.now();
  await until('usage adds up', 20_000, async () => {
    await someone.go('/dashboard/usage?by=tool');
    return (await page.locator('main').textContent()).includes(`${calls} calls`);
  });
  console.log(`usage: ${calls} calls made, ${calls} shown ${Date.now() - begun} ms after the last`);
  await someone.leave();
  await gateway.stop();
}

await measure('ordinary', ['/dashboard', '/dashboard/board', '/dashboard/tasks/T-11', '/dashboard/usage']);
await measure('crowded', ['/dashboard', '/dashboard/board']);
await usage();
await browser.close();
