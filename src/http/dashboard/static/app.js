// The dashboard's script. Every page is whole without it: it lets times tick, by the clock of the server that made the page.
"use strict";
(() => {
  const made = document.querySelector("[data-live-age] time");
  const skew = made ? Date.parse(made.dateTime) - Date.now() : 0;
  const now = () => Date.now() + skew;

  // A link of `taskgate dashboard` holds its code behind the #, which no server sees: it is taken out of the address, then sent.
  const takeCode = () => {
    const code = location.hash.slice(1);
    if (!/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/i.test(code)) return;
    history.replaceState(null, "", location.pathname + location.search);
    const form = document.querySelector("form[data-sign-in]");
    if (!form) return;
    form.elements.credential.value = code;
    form.requestSubmit();
  };
  takeCode();
  addEventListener("hashchange", takeCode);

  const ago = (millis) => {
    const span = (ms) => {
      const [s, m, h, d] = [1e3, 6e4, 36e5, 864e5].map((unit) => Math.floor(ms / unit));
      return m < 1 ? `${s} s` : h < 1 ? `${m} min` : d < 1 ? `${h} h` : d === 1 ? "1 day" : `${d} days`;
    };
    if (Math.abs(millis) < 1000) return "now";
    return millis > 0 ? `${span(millis)} ago` : `in ${span(-millis)}`;
  };
  const left = (millis) => {
    const seconds = Math.max(0, Math.floor(millis / 1000));
    const two = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };
  // A text is set only when it differs, so that nothing is selected or spoken anew.
  const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  const tick = () => {
    for (const node of document.querySelectorAll("time[data-ago]")) say(node, ago(now() - Date.parse(node.dateTime)));
    for (const node of document.querySelectorAll("time[data-left]")) {
      const rest = Date.parse(node.dataset.left) - now();
      say(node, left(rest));
      const bar = node.closest(".lease")?.querySelector("progress");
      if (bar) bar.value = Math.max(0, Math.floor(rest / 1000));
    }
  };
  const localise = (root) => {
    const long = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
    for (const node of root.querySelectorAll("time[datetime][title]")) node.title = long.format(new Date(node.dateTime));
  };
  localise(document);
  tick();
  setInterval(() => { if (!document.hidden) tick(); }, 1000);

  // Copying. A key that is shown once, and was not copied, is not left without a question.
  const shownOnce = document.querySelector("[data-shown-once]");
  let isCopied = !shownOnce;
  addEventListener("beforeunload", (event) => { if (!isCopied) event.preventDefault(); });
  document.addEventListener("copy", () => { isCopied = true; });
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      let done = false;
      try { await navigator.clipboard.writeText(field.value); done = true; } catch { done = document.execCommand("copy"); }
      isCopied = isCopied || done;
      say(button, done ? "Copied" : "Press Ctrl+C");
    });
  }
})();
