"use strict";
/* The amount on the button follows what is typed. Without this the button says "Take it and check in". */
(() => {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-takes]");
    if (!form || event.target.name !== "amount") return;
    const words = form.querySelector("[data-take-words]");
    words.textContent = words.dataset.takeWords.replace("…", event.target.value.trim() || "…");
  });

  /* The provider's waiting room says what it shows already, and asking for it is no sign of life. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "my-queue") return;
    event.detail.headers["X-Queue-Mark"] = event.detail.elt.querySelector("[data-mark]")?.dataset.mark || "";
    event.detail.headers["X-Background"] = "my-queue";
  });
})();
