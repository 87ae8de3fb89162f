"use strict";
/* The slider of a replayed day writes the time and asks for it when it is let go. */
(() => {
  const form = document.querySelector("[data-replay]");
  const slide = form?.querySelector(".replay-slide");
  const time = form?.querySelector("[name=as-of]");
  if (!slide) return;
  const [hours, minutes] = time.value.split(":").map(Number);
  slide.value = hours * 60 + minutes;
  const words = () => `${String(Math.floor(slide.value / 60)).padStart(2, "0")}:${String(slide.value % 60).padStart(2, "0")}`;
  slide.setAttribute("aria-valuetext", time.value);
  slide.addEventListener("input", () => { time.value = words(); slide.setAttribute("aria-valuetext", time.value); });
  slide.addEventListener("change", () => form.requestSubmit());
})();
