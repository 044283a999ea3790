// The dashboard's script. Every page is whole without it. It lets times tick, fetches the page again when the bell rings, and gives
// the board a menu, keys and dragging. It makes elements one by one, never markup of text; all it sends are the forms of the pages.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  // A text is set only when it differs, so that nothing is selected or spoken anew.
  const say = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
  const main = () => document.getElementById("main");

  // The page's own place in the navigation is in sight where that scrolls.
  const here = one(".strip [aria-current]");
  const strip = here?.closest(".strip");
  if (strip) strip.scrollLeft += here.getBoundingClientRect().left - strip.getBoundingClientRect().left - strip.clientWidth / 2 + here.offsetWidth / 2;

  // --- time, by the clock of the server that made the page ---------------------------------------------------------
  const madeIn = (root) => Date.parse(one("[data-live-age] time", root)?.dateTime);
  let made = madeIn(document) || Date.now();
  let skew = made - Date.now();
  const now = () => Date.now() + skew;
  const hour = (millis) => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(new Date(millis));
  const ago = (millis) => {
    const span = (ms) => {
      const [s, m, h, d] = [1e3, 6e4, 36e5, 864e5].map((unit) => Math.floor(ms / unit));
      return m < 1 ? `${s} s` : h < 1 ? `${m} min` : d < 1 ? `${h} h` : d === 1 ? "1 day" : `${d} days`;
    };
    return Math.abs(millis) < 1000 ? "now" : millis > 0 ? `${span(millis)} ago` : `in ${span(-millis)}`;
  };
  const left = (millis) => {
    const [seconds, two] = [Math.max(0, Math.floor(millis / 1000)), (n) => String(n).padStart(2, "0")];
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };
  const tick = () => {
    for (const node of all("time[data-ago]")) say(node, ago(now() - Date.parse(node.dateTime)));
    for (const node of all("time[data-left]")) {
      const rest = Date.parse(node.dataset.left) - now();
      const bar = one("progress", node.closest(".lease") ?? node);
      if (bar) bar.value = Math.max(0, Math.floor(rest / 1000));
      const whole = rest > 0 ? undefined : node.closest(".lease > span, .foot > span");
      say(whole ?? node, whole ? "lease ended, offered to others" : left(rest));
    }
    showStatus();
  };
  const localise = (root) => {
    const long = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
    for (const node of all("time[datetime][title]", root)) node.title = long.format(new Date(node.dateTime));
  };

  // --- live: the bell says what kind of thing changed, and the page fetches itself -----------------------------------
  const topics = () => (main()?.dataset.bell ?? "").split(" ").filter(Boolean);
  const base = main()?.dataset.base;
  let source, isLive = false, spokeAt = 0, lostAt = 0, tries = 0, retry, closing, isAsking = false, isWanted = false;
  const showStatus = () => {
    const word = one("[data-live]");
    if (!word) return;
    const lost = lostAt ? Date.now() - lostAt : 0;
    // A stream that ends as it should is open again within a moment.
    const shown = !isLive || !topics().length ? "" : lost > 6e4 ? "Not live" : lost > 1500 ? "Reconnecting" : "Live";
    say(word, shown);
    say(one("[data-live-age]"), shown === "Live" ? `updated ${ago(now() - made)}` : shown ? `since ${hour(lostAt)}` : `as of ${hour(made)}`);
    one("[data-live-reload]").hidden = shown === "Live";
    one(".live").dataset.word = shown;
  };
  const heard = () => { [isLive, spokeAt, lostAt, tries] = [true, Date.now(), 0, 0]; showStatus(); };
  const lose = () => { isLive = true; lostAt ||= Date.now(); showStatus(); };
  const close = () => { source?.close(); source = undefined; };
  const again = (seconds) => {
    const wait = seconds ?? Math.min(30, 2 ** tries++);
    retry ??= setTimeout(() => { retry = undefined; catchUp(); }, wait * (900 + 200 * Math.random()));
  };
  const open = () => {
    if (source || document.hidden || !topics().length) return;
    const stream = source = new EventSource(`${base}/stream?since=${made}`);
    spokeAt = Date.now();
    stream.addEventListener("open", heard);
    stream.addEventListener("changed", ({ data }) => {
      heard();
      // Not everybody at the same moment.
      if (data.split(" ").some((topic) => topic === "session" || topics().includes(topic))) setTimeout(refetch, Math.random() * 200);
    });
    stream.addEventListener("error", () => {
      if (stream !== source) return;
      lose();
      // A browser gives up on an answer that is no stream, such as a proxy's 502.
      if (stream.readyState === EventSource.CLOSED) { close(); again(); }
    });
  };
  // The server rings each 30 s: a stream that is silent for longer has lost its other end without a word.
  const watch = () => { if (source && Date.now() - spokeAt > 75e3) { close(); lose(); catchUp(); } };

  const ask = (method, url, body) => new Promise((answer) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "document";
    request.timeout = 2e4;
    request.setRequestHeader("X-Refetch", "1");
    request.addEventListener("loadend", () => (request.status === 401 ? location.reload() : answer(request)));
    request.send(body);
  });
  const refetch = async () => {
    if (!topics().length) return;
    if (isAsking) { isWanted = true; return; }
    isAsking = true;
    const answer = await ask("GET", location.pathname + location.search).finally(() => { isAsking = false; });
    const { status, response } = answer;
    if (status === 0 || status === 429 || status >= 500 || !response || !one("#main", response)) {
      lose();
      again(Number(answer.getResponseHeader("Retry-After")) || undefined);
    } else {
      // A newer version has another script and sheet.
      const script = (page) => one("script[src]", page)?.getAttribute("src");
      if (script(response) !== script(document) && !all("form").some(isEdited)) return location.reload();
      takeOver(response);
      if (source?.readyState === EventSource.OPEN) [lostAt, tries] = [0, 0];
      if (!topics().length) close();
      showStatus();
    }
    if (isWanted) { isWanted = false; refetch(); }
  };
  const catchUp = () => { refetch(); open(); };

  // --- taking over what differs: nodes stay, and with them focus, scroll and what is open ----------------------------
  const isChanged = (field) => {
    if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("select")) return field.value !== (one("[selected]", field) ?? field.options[0])?.value;
    return field.value !== field.defaultValue;
  };
  const isEdited = (form) => all("input:not([type=hidden]), select, textarea", form).some((field) => field === document.activeElement || isChanged(field));
  const isOurs = (node) => node.matches("[data-keep], [data-held]") || (node.localName === "form" && isEdited(node));
  const place = (parent, node, before) => parent[parent.moveBefore && node.isConnected ? "moveBefore" : "insertBefore"](node, before);
  const takeAttributes = (node, wanted) => {
    const keeps = (name) => name === "open" || (name === "hidden" && node.matches("[data-copy]"));
    for (const { name, value } of [...wanted.attributes]) if (node.getAttribute(name) !== value && !keeps(name)) node.setAttribute(name, value);
    for (const { name } of [...node.attributes]) if (!wanted.hasAttribute(name) && !keeps(name)) node.removeAttribute(name);
  };
  const morph = (root, wanted) => {
    const idOf = (node) => node.getAttribute?.("id");
    const named = new Map(all("[id]", root).map((node) => [idOf(node), node]));
    const taken = new Set();
    const leftOver = [];
    const fits = (node, like) => node && node.nodeName === like.nodeName && !taken.has(node);
    const takeNode = (node, like) => {
      if (node.isEqualNode(like)) return;
      if (node.nodeType !== Node.ELEMENT_NODE) { node.data = like.data; return; }
      if (isOurs(node)) return;
      takeAttributes(node, like);
      takeChildren(node, like);
    };
    const takeChildren = (node, like) => {
      const plain = [...node.childNodes].filter((child) => !idOf(child));
      const chosen = [...like.childNodes].map((child) => {
        const known = idOf(child) ? named.get(idOf(child)) : plain.find((own) => fits(own, child));
        const own = fits(known, child) && !known.contains(node) ? known : document.importNode(child, false);
        taken.add(own);
        return own;
      });
      const stays = new Set(chosen);
      for (const child of [...node.childNodes]) if (!stays.has(child)) leftOver.push([node, child]);
      let at = node.firstChild;
      chosen.forEach((own, number) => {
        while (at && !stays.has(at)) at = at.nextSibling;
        if (own === at) at = at.nextSibling;
        else if (!own.matches?.("[data-held]")) place(node, own, at);
        takeNode(own, like.childNodes[number]);
      });
    };
    takeNode(root, wanted);
    // What is gone from one place may have been taken to another.
    for (const [parent, child] of leftOver) {
      const isStill = child.parentNode === parent && !taken.has(child);
      if (isStill && !(child.nodeType === Node.ELEMENT_NODE && (isOurs(child) || one("[data-held]", child)))) child.remove();
    }
  };
  const takeOver = (response) => {
    const focused = document.activeElement;
    made = madeIn(response) || made;
    skew = made - Date.now();
    localise(response);
    for (const selector of ["#main", ".strip"]) {
      const [own, wanted] = [one(selector), one(selector, response)];
      if (own && wanted) morph(own, wanted);
    }
    document.title = response.title;
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
    tick();
  };

  // --- acting on a card: the forms of its page, in one menu ----------------------------------------------------------
  const tell = make("p", { role: "status", class: "away" });
  const menu = make("div", { class: "move", popover: "auto", role: "dialog" });
  const LETTERS = { todo: "t", backlog: "b", in_progress: "p", blocked: "x", done: "d", cancelled: "c" };
  // What a task becomes that is dropped on a group of the board; the others are called as their status.
  const GROUPS = { ready: "todo", waiting: "todo", agent: "in_progress", person: "in_progress" };
  const words = (status) => (status === "todo" ? "To do" : status[0].toUpperCase() + status.slice(1).replace("_", " "));
  const isChord = (event) => event.ctrlKey || event.metaKey || event.altKey;
  const cardOf = (node) => node?.closest?.("li.task");
  const actsOf = (card) => one("a[data-menu]", card);
  const keyOf = (card) => one(".head bdi", card).textContent;
  const titleOf = (card) => one(":scope > a", card);
  const none = document.createDocumentFragment();
  // A copy of that form of a page, to be sent from here.
  const formIn = (page, act) => all(`form[action$="/${act}"]`, page ?? none).map((form) => document.importNode(form, true))[0];
  // Sends a form of a card's page, and says what came of it.
  const send = async (form, key, done) => {
    const { status, response } = await ask("POST", form.action, new URLSearchParams(new FormData(form)));
    const [isDone, notices] = [status === 200, one(".notices", response ?? none)];
    const failed = (notices ?? one(".top ~ *", response ?? none))?.textContent.trim() || "the gateway did not answer";
    const text = isDone ? `${key} ${done}` : `${key}: ${failed}`;
    say(tell, text);
    toast((isDone && one("p", notices ?? none)?.textContent) || text, isDone && notices ? all("form", notices) : []);
    refetch();
  };
  const sendMove = (form, key, status) => { form.elements.status.value = status; send(form, key, `moved to ${words(status)}`); };
  let goes;
  const shown = make("div", { class: "toast", popover: "manual" });
  const toast = (text, forms) => {
    shown.replaceChildren(make("p", { "aria-hidden": "true" }, text), ...forms.map((form) => document.importNode(form, true)));
    shown.showPopover?.();
    clearTimeout(goes);
    goes = setTimeout(() => { if (!shown.matches(":hover, :focus-within")) shown.hidePopover?.(); }, 12e3);
  };
  const openMenu = async (card, act) => {
    const [link, key] = [actsOf(card), keyOf(card)];
    if (!link || !menu.showPopover) return link && location.assign(link.href);
    const { status, response } = await ask("GET", link.href);
    const [moves, assign] = [formIn(response, "move"), formIn(response, "assign")];
    if (status !== 200 || !moves || !assign) return location.assign(link.href);
    const item = (word, letter, act) => {
      const button = make("button", { type: "button", role: "menuitem", "data-letter": letter, tabindex: "-1" }, word, " ", make("kbd", { "aria-hidden": "true" }, letter));
      button.addEventListener("click", act);
      return button;
    };
    const move = (status) => { menu.hidePopover(); sendMove(moves, key, status); };
    const options = [...moves.elements.status.options].filter((option) => !option.defaultSelected);
    assign.hidden = true;
    assign.addEventListener("submit", (event) => {
      event.preventDefault();
      const person = assign.elements.person.value.trim();
      menu.hidePopover();
      send(assign, key, person ? `assigned to ${person}` : "given back to the agents");
    });
    const assigns = item("Assign to a person…", "a", () => { assign.hidden = false; assign.elements.person.select(); });
    const list = make("div", { role: "menu", "aria-label": `Move or assign ${key}` }, ...options.map(({ value }) => item(words(value), LETTERS[value] ?? "", () => move(value))), assigns);
    const held = one("#main section p:has(strong)", response);
    menu.setAttribute("aria-label", `Move or assign ${key}`);
    menu.replaceChildren(make("p", { class: "why" }, key, " ", make("bdi", {}, titleOf(card).textContent)), ...(held ? [document.importNode(held, true)] : []),
      list, assign, make("a", { class: "small", href: link.href }, "Everything else…"));
    menu.back = titleOf(card);
    menu.showPopover({ source: link });
    putBeside(link);
    if (act === "a") assigns.click();
    else list.firstChild.focus();
  };
  // Where the sheet cannot put it beside its card.
  const putBeside = (link) => {
    menu.removeAttribute("style");
    if (CSS.supports("position-area: block-end") || innerWidth <= 820) return;
    const { bottom, right } = link.getBoundingClientRect();
    menu.style.top = `${Math.max(8, Math.min(bottom, innerHeight - menu.offsetHeight - 8))}px`;
    menu.style.left = `${Math.max(8, right - menu.offsetWidth)}px`;
  };
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState === "closed" && (menu.contains(document.activeElement) || document.activeElement === document.body)) menu.back?.focus({ preventScroll: true });
  });
  menu.addEventListener("keydown", (event) => {
    if (event.target.matches("input") || isChord(event)) return;
    const items = all("[role=menuitem]", menu);
    const at = items.indexOf(document.activeElement);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    const found = event.key in steps ? items.at(steps[event.key] % items.length) : undefined;
    const chosen = items.find((button) => button.dataset.letter === event.key.toLowerCase());
    if (found || chosen) event.preventDefault();
    found?.focus();
    chosen?.click();
  });

  // --- keys of the board, only while a card has focus ----------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    const card = cardOf(event.target);
    if (!card || event.target.matches("input, select, textarea") || event.shiftKey || isChord(event)) return;
    const columns = all(".board .col").map((column) => all("li.task", column)).filter((cards) => cards.length);
    const column = columns.findIndex((cards) => cards.includes(card));
    const row = columns[column]?.indexOf(card);
    const beside = (step) => columns[column + step]?.[Math.min(row, columns[column + step].length - 1)];
    const to = { ArrowDown: () => columns[column]?.[row + 1], ArrowUp: () => columns[column]?.[row - 1], ArrowLeft: () => beside(-1), ArrowRight: () => beside(1) };
    if (event.key in to && column >= 0) {
      event.preventDefault();
      const link = to[event.key]() && titleOf(to[event.key]());
      link?.focus({ preventScroll: true });
      link?.closest("li").scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if ((event.key === "m" || event.key === "a") && actsOf(card)) {
      event.preventDefault();
      openMenu(card, event.key);
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-menu]");
    if (!link || event.button || event.shiftKey || isChord(event)) return;
    event.preventDefault();
    openMenu(cardOf(link));
  });

  // --- dragging, by a mouse alone ------------------------------------------------------------------------------------
  let dragged;
  const targetOf = (node) => {
    const group = node.closest?.(".group") ?? one(".group", node.closest?.(".col") ?? none);
    return group === dragged.card.closest(".group") ? undefined : group;
  };
  const overs = (group) => { for (const other of all(".group.over")) if (other !== group) other.classList.remove("over"); group?.classList.add("over"); };
  document.addEventListener("pointerdown", ({ target }) => {
    const card = cardOf(target);
    if (!card || !card.closest(".board") || !actsOf(card) || target.closest("[data-menu], button, input") || !matchMedia("(pointer: fine)").matches) return;
    card.draggable = true;
    // From here on: a page read anew before the first move would take back that it can be dragged.
    card.dataset.held = "";
    for (const link of all("a", card)) link.draggable = false;
  });
  const letGo = (card) => { card.classList.remove("lift"); for (const name of ["data-held", "draggable"]) card.removeAttribute(name); };
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { if (!dragged) all(".board li.task[data-held]").forEach(letGo); });
  document.addEventListener("dragstart", (event) => {
    const card = cardOf(event.target);
    if (!card?.draggable) return;
    dragged = { card, page: ask("GET", actsOf(card).href) };
    card.classList.add("lift");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", keyOf(card));
  });
  document.addEventListener("dragover", (event) => {
    const group = dragged && targetOf(event.target);
    overs(group);
    if (group) event.preventDefault();
  });
  document.addEventListener("drop", async (event) => {
    const group = dragged && targetOf(event.target);
    if (!group) return;
    event.preventDefault();
    const [{ card, page }, status] = [dragged, GROUPS[group.id] ?? group.id];
    const moves = formIn((await page).response, "move");
    if (!moves) return location.assign(actsOf(card).href);
    sendMove(moves, keyOf(card), status);
  });
  document.addEventListener("dragend", () => {
    overs();
    if (dragged) letGo(dragged.card);
    dragged = undefined;
    refetch();
  });

  // --- signing in and copying ----------------------------------------------------------------------------------------
  // A link of `taskgate dashboard` holds its code behind the #, which no server sees: it is taken out of the address, then sent.
  const takeCode = () => {
    const code = location.hash.slice(1);
    if (!/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/i.test(code)) return;
    history.replaceState(null, "", location.pathname + location.search);
    const field = one("form[data-sign-in] [name=credential]");
    if (!field) return;
    field.value = code;
    field.form.requestSubmit();
  };
  // A key that is shown once, and was not copied, is not left without a question.
  let isCopied = !one("[data-shown-once]");
  addEventListener("beforeunload", (event) => { if (!isCopied) event.preventDefault(); });
  document.addEventListener("copy", () => { isCopied = true; });
  for (const button of all("button[data-copy]")) {
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

  takeCode();
  addEventListener("hashchange", takeCode);
  if (base) document.body.append(tell, menu, shown);
  localise(document);
  tick();
  setInterval(() => { if (!document.hidden) { tick(); watch(); } }, 1000);
  setInterval(() => { if (document.hidden) refetch(); }, 6e4);
  // Six connections are all that a browser has for one server: only a tab that is seen has a stream.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(closing);
    if (document.hidden) closing = setTimeout(close, 5000);
    else catchUp();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) catchUp(); });
  addEventListener("online", () => { close(); catchUp(); });
  open();
})();
