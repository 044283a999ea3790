// What is wrong with the layout of a page, by the boxes that the browser computed: no picture is compared with another.

/** Faults of the page as it is: what is wider than the window, clipped, covered, or too small to be hit. `least`: pixels that a
 * target has at least each way; `within`: the part that is looked at. */
export function layoutFaults(page, least, within = 'body') {
  return page.evaluate(inPage, [least, within]);
}

/** Runs in the page. */
function inPage([least, within]) {
  const root = document.querySelector(within);
  const faults = [];
  const wide = document.documentElement.clientWidth;
  const name = (node) => `<${node.tagName.toLowerCase()}${node.id ? ` #${node.id}` : ''}${node.className?.baseVal ?? node.className ? ` .${node.className?.baseVal ?? node.className}` : ''}> ${(node.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)}`;
  const isShown = (node) => node.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !node.closest('.away, .sprite, .skip');
  // What scrolls sideways by itself, or ends in an ellipsis on purpose.
  const scrolls = (node) => {
    for (let up = node; up && up !== document.documentElement; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (/auto|scroll/.test(style.overflowX) || style.textOverflow === 'ellipsis') return up;
    }
    return null;
  };
  if (document.documentElement.scrollWidth > wide) faults.push(`sideways: the page is ${document.documentElement.scrollWidth} px wide, the window ${wide}`);

  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.textContent.trim() || !isShown(parent) || parent.closest('svg, option, textarea, script')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const scroller = scrolls(parent);
    for (const box of range.getClientRects()) {
      if (box.width < 1) continue;
      texts.push({ box, parent, scroller });
      if (!scroller && (box.right > wide + 1 || box.left < -1)) faults.push(`sideways: text at ${Math.round(box.left)} to ${Math.round(box.right)} of ${wide}: ${name(parent)}`);
      // Text stands inside the box that is drawn around it.
      const frame = parent.closest('.card, .task, .col, .notice, .btn, .tag, .pill, td, th, .lane, .door, dd, dt, li, header');
      const around = frame?.getBoundingClientRect();
      if (around && !(scroller && frame.contains(scroller)) && (box.right > around.right + 6 || box.left < around.left - 6)) faults.push(`out of its box: ${name(parent)} in ${name(frame).slice(0, 40)}`);
    }
  }
  // Clipped without a way to see the rest.
  for (const node of root.querySelectorAll('*')) {
    if (!isShown(node) || node.closest('svg') || /^(INPUT|TEXTAREA|SELECT|PROGRESS)$/.test(node.tagName)) continue;
    const style = getComputedStyle(node);
    const hides = (overflow) => overflow === 'hidden' || overflow === 'clip';
    if (hides(style.overflowX) && style.textOverflow !== 'ellipsis' && node.scrollWidth > node.clientWidth + 1) faults.push(`clipped sideways: ${name(node)}`);
    if (hides(style.overflowY) && node.scrollHeight > node.clientHeight + 2 && style.textOverflow !== 'ellipsis') faults.push(`clipped below: ${name(node)}`);
  }
  // Covered: two texts at one place.
  const visibleBox = ({ box, scroller }) => {
    if (!scroller) return box;
    const around = scroller.getBoundingClientRect();
    const left = Math.max(box.left, around.left);
    const right = Math.min(box.right, around.right);
    return right - left > 2 ? { left, right, top: box.top, bottom: box.bottom } : null;
  };
  const boxes = texts.map((text) => ({ ...text, at: visibleBox(text) })).filter(({ at }) => at).sort((a, b) => a.at.top - b.at.top);
  for (let first = 0; first < boxes.length; first += 1) {
    for (let second = first + 1; second < boxes.length && boxes[second].at.top < boxes[first].at.bottom; second += 1) {
      const [a, b] = [boxes[first], boxes[second]];
      const across = Math.min(a.at.right, b.at.right) - Math.max(a.at.left, b.at.left);
      const down = Math.min(a.at.bottom, b.at.bottom) - Math.max(a.at.top, b.at.top);
      if (across > 2 && down > 5 && a.parent !== b.parent) faults.push(`covered: ${name(a.parent)} and ${name(b.parent)}`);
    }
  }
  targets(faults, least, { name, isShown, scrolls });
  return [...new Set(faults)];

  function targets(found, size, tools) {
    // Bars of a lane are as wide as what they tell of; the table below has their links.
    const all = [...root.querySelectorAll('a[href]:not(.lane a), button, input:not([type="hidden"]), select, textarea, summary')];
    for (const node of all.filter(tools.isShown)) {
      // A label around a box, or for it, is hit as well.
      const label = /checkbox|radio/.test(node.type ?? '') ? node.closest('label') ?? node.labels?.[0] : null;
      const box = (label ?? node).getBoundingClientRect();
      if (box.width < 1 || isInSentence(node)) continue;
      if (box.height < size - 0.5 || box.width < Math.min(size, 24) - 0.5) found.push(`small: ${Math.round(box.width)} x ${Math.round(box.height)}: ${tools.name(node)}`);
    }
  }
  // A link inside a sentence, or among others in a line of text, is as high as its line.
  function isInSentence(node) {
    if (node.tagName !== 'A' || getComputedStyle(node).display !== 'inline') return false;
    const block = node.closest('p, dd, td, li, h1, blockquote, div');
    return block.textContent.trim() !== node.textContent.trim() || node.closest('dd, td, h1') !== null;
  }
}
