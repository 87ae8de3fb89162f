"use strict";
/* Menus, dialogs, toasts, keys. Every one of these is first a link or a form; nothing here is needed to work. */
(() => {
  const one = (css, from = document) => from.querySelector(css);
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const typing = (el) => el.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  /* Keys */
  const tick = one("#single-keys");
  const lettersOff = () => localStorage.getItem("single-keys") === "off";
  if (tick) {
    tick.checked = !lettersOff();
    tick.addEventListener("change", () => localStorage.setItem("single-keys", tick.checked ? "on" : "off"));
  }
  let goingTo = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k" && one("#palette")) {
      event.preventDefault();
      return open("palette");
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") return closeMenus();
    if (event.key === "/" && event.target.matches("[type=search]") && !event.target.value) return event.preventDefault(); // there already
    if (typing(event.target) || one("dialog:modal") || lettersOff() || event.repeat) return;
    const key = event.key.toLowerCase();
    if (goingTo && Date.now() - goingTo < 1500) {
      goingTo = 0;
      const room = all("#palette kbd").find((kbd) => kbd.textContent === `G ${key.toUpperCase()}`);
      if (room) { event.preventDefault(); room.closest("a").click(); }
      return;
    }
    if (key === "g") { goingTo = Date.now(); return; }
    if (key === "/" && one("#find-patient")) { event.preventDefault(); one("#find-patient").select(); one("#find-patient").focus(); return; }
    if (key === "?" && one("#help")) { event.preventDefault(); return open("help"); }
    const pressed = all("[data-key]").filter((el) => el.dataset.key === key && el.checkVisibility()).pop();
    if (pressed) { event.preventDefault(); pressed.click(); }
  });

  /* On a phone the departments are a strip: the one that is open shall be seen. */
  const strip = one(".bar-nav");
  const current = strip && one("[aria-current]", strip);
  if (current) {
    const [room, whole] = [current.getBoundingClientRect(), strip.getBoundingClientRect()];
    if (room.left < whole.left || room.right > whole.right) strip.scrollBy({ left: room.left + room.width / 2 - whole.left - whole.width / 2, behavior: "instant" });
  }

  /* Dialogs and menus */
  function open(id) {
    const dialog = document.getElementById(id);
    closeMenus();
    if (dialog && !dialog.open) dialog.showModal();
    if (id === "palette") { one("#palette-words").value = ""; filterPalette(); }
  }
  function closeMenus(but) {
    all("details.menu[open]").forEach((menu) => { if (menu !== but) { if (menu.contains(document.activeElement)) one("summary", menu).focus(); menu.open = false; } });
  }
  document.addEventListener("click", (event) => {
    const el = event.target;
    closeMenus(el.closest("details.menu"));
    const opener = el.closest("[data-opens]");
    if (opener) { opener.closest("dialog")?.close(); return open(opener.dataset.opens); }
    if (el.closest("[data-closes]")) return el.closest("dialog").close();
    if (el.tagName === "DIALOG" && outside(el, event)) return el.close();
    if (el.closest("[data-print]")) return window.print();
    if (el.closest(".toast-away")) return el.closest(".toast-note").remove();
    const look = el.closest("[data-appearance]");
    if (look) { event.preventDefault(); wear(look.dataset.appearance); closeMenus(); look.closest("dialog")?.close(); }
  });
  function outside(dialog, event) {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }
  function wear(theme) {
    const auto = theme === "auto";
    document.cookie = `hpms_theme=${auto ? "" : theme}; path=/; samesite=lax; max-age=${auto ? 0 : 31536000}${location.protocol === "https:" ? "; secure" : ""}`;
    if (auto) delete document.documentElement.dataset.bsTheme; else document.documentElement.dataset.bsTheme = theme;
    all(".menu [data-appearance]").forEach((a) => a.toggleAttribute("aria-current", a.dataset.appearance === theme));
  }

  /* Palette */
  const words = one("#palette-words");
  const shown = () => all("#palette-list li:not([hidden]) > *");
  function filterPalette() {
    const wanted = words.value.trim().toLowerCase();
    all("#palette-list li").forEach((li) => { li.hidden = !li.textContent.toLowerCase().includes(wanted); });
    one(".palette-none").hidden = shown().length > 0;
    pick(0);
  }
  function pick(index) {
    const rows = shown();
    all("#palette-list .picked").forEach((el) => el.classList.remove("picked"));
    if (!rows.length) return words.removeAttribute("aria-activedescendant");
    const row = rows[(index + rows.length) % rows.length];
    row.classList.add("picked");
    row.id ||= `go-${all("#palette-list li > *").indexOf(row)}`;
    words.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }
  words?.addEventListener("input", filterPalette);
  words?.addEventListener("keydown", (event) => {
    const at = shown().findIndex((el) => el.classList.contains("picked"));
    if (event.key === "ArrowDown") { event.preventDefault(); pick(at + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); pick(at - 1); }
    if (event.key === "Enter") { event.preventDefault(); shown()[at]?.click(); }
  });

  /* Toasts leave after a while, but not while somebody reads or reaches for them. */
  const leaveSoon = (note) => {
    if (note.dataset.timed) return;
    note.dataset.timed = "yes";
    let left = one("form, a", note) ? 14 : 7;
    const clock = setInterval(() => {
      if (!note.isConnected) return clearInterval(clock);
      if (note.matches(":hover, :focus-within") || document.hidden) return;
      if (--left <= 0) { clearInterval(clock); note.remove(); }
    }, 1000);
  };
  const watchToasts = () => all(".toast-note[data-leaves]").forEach(leaveSoon);
  if (one("#toasts")) new MutationObserver(watchToasts).observe(one("#toasts"), { childList: true });
  watchToasts();

  /* What stands in a field that waits with the focus is typed over, not typed beside. */
  const WAITS = "input[autofocus]:not([type=date], [type=time])";
  const waiting = one(WAITS);
  if (waiting && waiting === document.activeElement) waiting.select();
  else waiting?.addEventListener("focus", () => waiting.select(), { once: true });
  document.addEventListener("htmx:afterSettle", (event) => { // htmx has moved the focus to what waits in what it brought
    const at = document.activeElement;
    if (at.matches(WAITS) && event.detail.elt.contains(at)) at.select();
  });

  /* From the box at the top, arrows go to who was found and back. */
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest(".bar-search");
    if (!box || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const stops = [one("#find-patient", box), ...all(".found a", box)];
    const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });

  /* Forms: the summary of errors gets the focus. */
  const showErrors = (from) => {
    const errors = one("[data-errors]", from || document);
    errors?.focus({ preventScroll: true });
    errors?.scrollIntoView({ block: "nearest" });
  };
  showErrors(document);
  /* Outside the house there is one thing to do, and its first field is ready for it. */
  if (!one("[data-errors]")) one(".bare-main form input:not([type=hidden], [type=checkbox])")?.focus();
  document.addEventListener("htmx:afterSettle", (event) => showErrors(event.detail.elt));
  document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.status === 403 ? "refused" : "failed"));
  document.addEventListener("htmx:sendError", () => say("unreached"));
  function say(what) {
    const note = document.createElement("div");
    note.className = "toast-note tone-red";
    note.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = one("#toasts").dataset[what];
    note.append(words);
    note.dataset.leaves = "";
    one("#toasts").append(note);
  }

  /* Side panel: <a data-panel> opens the same URL's panel part; an empty answer closes it. */
  const panel = one("#panel");
  const ask = (method, url, values) => htmx.ajax(method, url, { target: "#panel", swap: "innerHTML", values });
  window.house = { panel: (url) => ask("GET", url), post: (url, values) => ask("POST", url, values), lettersOff };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-panel]");
    if (!link || !panel || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    ask("GET", link.href);
  });
  let cameFrom = null;
  panel?.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== panel) return;
    if (!panel.childElementCount) return panel.close();
    if (!panel.open) { cameFrom = document.activeElement?.dataset.back || document.activeElement?.id; panel.showModal(); }
    (one("[autofocus]", panel) || one("input:not([type=hidden]), select, button:not([data-closes])", panel))?.focus({ preventScroll: true });
  });
  /* Who opens something reads it from its top, wherever in it the focus waits; what comes into it later moves nothing. */
  let scrolled = 0;
  panel?.addEventListener("htmx:beforeSwap", (event) => { scrolled = event.detail.target === panel ? 0 : panel.scrollTop; });
  panel?.addEventListener("htmx:afterSettle", () => { panel.scrollTop = scrolled; });
  panel?.addEventListener("close", () => {
    if (one("[data-stale]", panel)) return location.reload(); // what the page below shows has changed
    panel.replaceChildren();
    if (cameFrom) document.getElementById(cameFrom)?.focus();
  });

  /* Idle: warn two minutes before the session ends. */
  const idle = Number(document.body.dataset.idle || 0);
  if (idle > 180 && one("#idle")) {
    let last = Date.now();
    const stay = () => htmx.ajax("POST", document.body.dataset.presence, { swap: "none" });
    document.addEventListener("htmx:afterRequest", (event) => { if (!("X-Background" in event.detail.requestConfig.headers)) last = Date.now(); });
    one("[data-stay]").addEventListener("click", () => stay().then(() => one("#idle").close()));
    setInterval(() => {
      const gone = (Date.now() - last) / 1000;
      if (gone > idle - 120 && !one("#idle").open) one("#idle").showModal();
    }, 15000);
  }
})();
