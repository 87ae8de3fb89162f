"use strict";
/* What others change appears within three seconds. The server says why it is asked instead of telling: live.py.
   Silent while nobody looks or something is in hand, slower while the clinic cannot be reached, over when signed out. */
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const EVERY = 2300; // milliseconds
  const LONGEST = 60000;
  const WHOLE = 13; // every so many times everything is compared: names, hours, what is owed
  let wait = EVERY, clock = 0, asked = 0, asking = false, over = false, moved = Date.now();

  const inHand = () => document.hidden || document.querySelector(".is-moving, .is-dragging, .is-sized");
  const says = (words) => { document.getElementById("live-says").textContent = words; };
  const later = () => { clearTimeout(clock); if (!over) clock = setTimeout(ask, wait * (0.9 + Math.random() * 0.2)); };

  async function ask() {
    if (asking || over) return;
    if (inHand()) return later();
    asking = true;
    try {
      const headers = { "X-Background": "live" };
      if (marks()) headers["X-Sheet-Marks"] = marks();
      if (live.dataset.view) headers["X-Sheet"] = shown();
      // After a pause it may have missed more than the last moves.
      if (asked++ % WHOLE && Date.now() - moved < 30000) headers["X-Live"] = live.dataset.seen || "";
      moved = Date.now();
      const answer = await fetch(live.dataset.live, { headers, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { over = true; return; }
      if (!answer.ok) throw new Error(answer.status);
      if (wait > EVERY) says("");
      wait = EVERY;
      await take(answer);
    } catch {
      wait = Math.min(wait * 2, LONGEST);
      if (wait > EVERY * 4) says(live.dataset.wordsAway);
    } finally {
      asking = false;
      later();
    }
  }

  async function take(answer) {
    if (inHand()) return; // asked before the hand closed; asked again when it opens
    if (answer.headers.get("HX-Refresh")) { if (!document.querySelector("dialog[open]")) location.reload(); return; }
    const seen = answer.headers.get("X-Live");
    const before = live.dataset.seen;
    if (seen) live.dataset.seen = seen;
    const html = answer.status === 204 ? "" : await answer.text();
    if (!html) return;
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    htmx.swap(document.body, html, { swapStyle: "none", swapDelay: 0, settleDelay: 0 });
    if (focused && document.activeElement.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
    live.dispatchEvent(new CustomEvent("live:changed"));
    if (before === undefined || before === seen) return; // minutes have passed, nothing else
    const names = [...html.matchAll(/id="head-[^"]*" title="([^"]*)"/g)].map((match) => match[1]);
    const words = document.createElement("textarea"); // opens &amp; and the like
    words.innerHTML = [live.dataset.wordsChanged, names.join(", ")].join(" ");
    says(words.value);
  }

  const marks = () => [...live.querySelectorAll("[data-key-of]")].map((part) => `${part.dataset.keyOf}:${part.dataset.mark}`).join(" ");
  const shown = () => `${live.dataset.view} ${live.dataset.first} ${live.dataset.last}${location.search ? ` ${location.search}` : ""}`;
  document.addEventListener("htmx:configRequest", (event) => {
    // What a change answers with: the columns of this page that it touched; pages without columns ask by themselves.
    Object.assign(event.detail.headers, live.dataset.view ? { "X-Sheet": shown(), "X-Sheet-Marks": marks() } : { "X-Lives": "1" });
  });
  const now = () => { if (!document.hidden) { wait = EVERY; clearTimeout(clock); ask(); } };
  document.addEventListener("visibilitychange", now);
  document.addEventListener("live-now", now);
  window.addEventListener("online", now);
  later();
})();
