// The three ways to use a page: with the mouse, with the keyboard alone, and without JavaScript.

import assert from 'node:assert/strict';

/** Calls `body` for each way: its name, the options of the context it needs, and what hands do there with a page. */
export function eachWay(body) {
  body('with the mouse', {}, mouse);
  body('with the keyboard alone', {}, keyboard);
  body('without JavaScript', { javaScriptEnabled: false }, mouse);
}

function mouse() {
  return {
    press: (what) => what.click(),
    fill: (field, text) => field.fill(text),
    choose: (field, value) => field.selectOption(value),
  };
}

function keyboard(page) {
  return {
    async press(what) {
      await goTo(page, what);
      const isBox = await what.evaluate((node) => node.type === 'checkbox');
      await page.keyboard.press(isBox ? 'Space' : 'Enter');
    },
    async fill(field, text) {
      await goTo(page, field);
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Delete');
      await page.keyboard.type(text);
    },
    async choose(field, value) {
      await goTo(page, field);
      // Of several that begin alike, the whole word is that one.
      await page.keyboard.type(value);
      assert.equal(await field.inputValue(), value);
    },
  };
}

/** Presses Tab until that has the focus. */
async function goTo(page, what) {
  await what.waitFor();
  for (let pressed = 0; pressed < 250; pressed += 1) {
    if (await what.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never came to ${what}`);
}

/** What comes of a promise, if that is within 20 seconds: a test that hangs would only say that it did. */
export async function within(what, promise) {
  let late;
  const over = new Promise((_, refuse) => {
    late = setTimeout(() => refuse(new Error(`${what}: not within 20 s`)), 20_000);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(late);
  }
}

/** Waits until what is asked is true, at most so many milliseconds; how long that took. */
export async function until(what, most, asked) {
  const begun = Date.now();
  while (!await within(what, asked())) {
    assert.ok(Date.now() - begun < most, `${what}: not within ${most} ms`);
    await new Promise((later) => setTimeout(later, 20));
  }
  return Date.now() - begun;
}
