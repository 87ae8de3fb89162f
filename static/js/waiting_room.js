"use strict";
/* The waiting room: cards that changed are drawn anew, N calls the next patient of the card in focus or one's own. */
(() => {
  const one = (css, from = document) => from.querySelector(css);
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const box = one("#queues");
  if (!box) return;

  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-Waiting-Room"] = "open"; });

  /* Who is called by N: the card in focus, else one's own, else the only one. It alone carries the key. */
  function giveKey() {
    const buttons = all("[data-next]", box);
    const focused = document.activeElement?.closest(".queue");
    const chosen = buttons.find((button) => button.closest(".queue") === focused)
      || buttons.find((button) => button.closest(".queue").hasAttribute("data-own"))
      || (buttons.length === 1 ? buttons[0] : null);
    buttons.forEach((button) => {
      if (button === chosen) button.dataset.key = "n"; else delete button.dataset.key;
      one("kbd", button).hidden = button !== chosen;
    });
  }
  box.addEventListener("focusin", giveKey);
  document.addEventListener("htmx:afterSettle", giveKey);
  document.addEventListener("htmx:oobAfterSwap", giveKey);
  giveKey();

  setInterval(() => {
    if (document.hidden || one("dialog:modal")) return;
    const marks = all(".queue", box).map((card) => `${card.dataset.provider}:${card.dataset.mark}`).join(" ");
    htmx.ajax("GET", box.dataset.changes, { target: "#queues-say", swap: "none", headers: { "X-Queue-Marks": marks, "X-Background": "changes" } });
  }, 3000);

  /* A change made in the panel closes it. */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig.verb === "post" && event.detail.target?.id === "panel" && !one("#panel .panel-head")) one("#panel").close();
  });
})();
