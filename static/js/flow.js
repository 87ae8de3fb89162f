"use strict";
/* The flow board by keys, and its steps without leaving the page. Each step is also a button of a form. */
(() => {
  const form = document.getElementById("flow-form");
  const all = (css, from) => [...from.querySelectorAll(css)];
  form.addEventListener("click", (event) => {
    const step = event.target.closest("button[formaction]");
    if (!step) return;
    event.preventDefault();
    if (step.disabled) return;
    step.disabled = true; // a double click is one step
    window.house.post(step.getAttribute("formaction"), {}).finally(() => { step.disabled = false; });
  });
  form.addEventListener("submit", (event) => { if (!event.submitter?.hasAttribute("formaction")) event.preventDefault(); });
  form.addEventListener("keydown", (event) => {
    const card = event.target.closest(".flow-card");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() === "n" && !window.house.lettersOff()) { event.preventDefault(); card.querySelector(".flow-step")?.click(); return; }
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const lane = card.closest(".flow-lane");
    const row = all(".flow-card", lane).indexOf(card);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return go(lane, row + (event.key === "ArrowDown" ? 1 : -1), false);
    const forward = (event.key === "ArrowRight") !== (getComputedStyle(form).direction === "rtl");
    for (let next = lane; (next = forward ? next.nextElementSibling : next.previousElementSibling);) if (go(next, row, true)) return;
  });
  function go(lane, row, nearest) {
    const cards = all(".flow-card .who", lane);
    const found = nearest ? cards[Math.min(row, cards.length - 1)] : cards[row];
    found?.focus();
    return Boolean(found);
  }
})();
