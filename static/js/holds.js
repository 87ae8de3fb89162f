"use strict";
/* A booking form that is closed lets go of the place that it kept. It would run out by itself in five minutes. */
(() => {
  const letGo = () => document.querySelectorAll("[data-hold]").forEach((box) => {
    const form = box.closest("form");
    const told = new FormData();
    told.set("form_key", form.elements.form_key.value);
    told.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    navigator.sendBeacon(box.dataset.hold, told);
  });
  document.querySelector("#panel")?.addEventListener("close", letGo, true);
  window.addEventListener("pagehide", letGo);
})();
