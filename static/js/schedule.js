"use strict";
/* The day sheet by mouse and keys. Each of these is also a link or a form: Book, Move, Undo. */
(() => {
  const ROW = 5; // minutes
  const one = (css, from = document) => from.querySelector(css);
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const sheet = one("#sheet");

  /* Booking form: free times fill day and time; the search moves on to what it found. */
  document.addEventListener("click", (event) => {
    const time = event.target.closest("[data-time]");
    if (!time) return;
    const form = time.closest("form");
    one("[name=day]", form).value = time.dataset.day;
    one("[name=starts]", form).value = time.dataset.time;
    all("[name=fold]", form).forEach((fold) => { if (fold.type === "radio") fold.checked = fold.value === (time.dataset.fold || "0"); else fold.remove(); });
    if (time.dataset.fold && !one("[name=fold]", form)) {
      const fold = document.createElement("input");
      Object.assign(fold, { type: "hidden", name: "fold", value: time.dataset.fold });
      form.append(fold);
    }
    one("[name=starts]", form).focus();
  });
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest("[data-finds]");
    if (!box || (event.key !== "ArrowDown" && event.key !== "Enter")) return;
    const found = all("[name=patient]", box.form);
    if (event.key === "Enter" && (one("[name=patient]:checked", box.form) || !found.length)) return;
    event.preventDefault();
    if (found.length) { found[0].checked = true; found[0].focus(); }
  });
  document.addEventListener("change", (event) => event.target.closest("[data-sends-itself]")?.requestSubmit());

  if (!sheet) return;
  const firstRow = Number(sheet.dataset.first) * 12;
  const rows = (Number(sheet.dataset.last) - Number(sheet.dataset.first)) * 12;
  const rowHeight = () => one(".col-grid", sheet).getBoundingClientRect().height / rows;
  const narrow = () => getComputedStyle(one(".side", sheet)).display === "none";
  const [again, passes] = (sheet.dataset.again || "0 0").split(" ").map(Number); // rows that the clock shows twice
  const shift = (row) => (passes && row >= again ? passes : 0);
  const hhmm = (m) => `${String(Math.floor(m / 60) % 24).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;
  const clock = (row) => hhmm((firstRow + row - shift(row) - 1) * ROW);
  /* Day and time of a row, as the forms want them. */
  function when(col, row) {
    const place = { day: col.dataset.day, starts: clock(row) };
    if (passes && row >= again - passes && row < again + passes) place.fold = row >= again ? 1 : 0;
    return place;
  }
  const says = (text) => { one("#sheet-says").textContent = text; };
  const title = (col) => one("h2", col).textContent;
  const columnAt = (x) => all(".col", sheet).find((col) => { const box = col.getBoundingClientRect(); return x >= box.left && x < box.right; });
  const rowAt = (col, y) => Math.max(1, Math.min(rows, Math.floor((y - one(".col-grid", col).getBoundingClientRect().top) / rowHeight()) + 1));

  /* The place under the hand. */
  const ghost = document.createElement("div");
  function showGhost(col, row, span, words) {
    const list = one(".col-back", col);
    ghost.className = `ghost gs-${row} sp-${Math.max(2, span)}`;
    ghost.textContent = words;
    if (ghost.parentNode !== list) list.append(ghost);
  }
  const hideGhost = () => ghost.remove();

  /* Click an empty place to book there. */
  const bookAt = ({ starts, ...rest }) => ({ time: starts, ...rest });
  const free = (event) => sheet.dataset.book && !narrow() && event.target.closest(".col-grid") && !event.target.closest(".ap");
  sheet.addEventListener("pointermove", (event) => {
    if (held || moving || event.pointerType === "touch") return;
    if (!free(event)) return hideGhost();
    const col = event.target.closest(".col");
    const row = rowAt(col, event.clientY);
    showGhost(col, row, 3, `+ ${clock(row)}`);
  });
  sheet.addEventListener("pointerleave", () => { if (!held && !moving) hideGhost(); });
  sheet.addEventListener("click", (event) => {
    if (dropped) { dropped = false; event.preventDefault(); event.stopPropagation(); return; }
    if (!free(event)) return;
    const col = event.target.closest(".col");
    window.house.panel(`${sheet.dataset.book}?${new URLSearchParams({ provider: col.dataset.provider, ...bookAt(when(col, rowAt(col, event.clientY))) })}`);
  }, true);

  /* Moving and changing the length: the same request for mouse, touch, keys and undo. It says where the appointment was
     seen, so that of two people who move the same one the second is told. */
  const placeOf = (link) => link.closest("li").className;
  const startOf = (link) => Number(placeOf(link).match(/gs-(-?\d+)/)[1]);
  const minutesOf = (link) => Number(link.dataset.moves.split(" ")[1]);
  function put(link, col, row, minutes) {
    const here = link.closest(".col");
    const values = { seen: `${here.dataset.provider} ${link.dataset.moves}` };
    if (minutes !== minutesOf(link)) values.minutes = minutes;
    if (here !== col || startOf(link) !== row) Object.assign(values, { provider: col.dataset.provider, ...when(col, row) });
    if (Object.keys(values).length > 1) window.house.post(`${new URL(link.href).pathname}move/`, values);
  }
  const longer = (minutes, rows) => Math.min(24 * 60, Math.max(ROW, minutes + rows * ROW));
  function sayPlace({ link, col, row, minutes }) {
    const resized = minutes !== minutesOf(link);
    const until = resized ? `–${hhmm((Number(clock(row).slice(0, 2)) * 60 + Number(clock(row).slice(3)) + minutes) % 1440)}` : "";
    return `${clock(row)}${until} ${resized ? `${minutes} min` : title(col)}`;
  }
  const showPlace = (it) => showGhost(it.col, it.row, Math.ceil(it.minutes / ROW), sayPlace(it));

  /* Drag with mouse or pen: the appointment, or its lower edge to change the length. A finger presses first. */
  let held = null;
  let dropped = false;
  let press = 0;
  const EDGE = 6; // pixels
  const grabs = (link) => link && !narrow() && sheet.dataset.book;
  function take(event, link) {
    const box = link.getBoundingClientRect();
    const row = startOf(link);
    const col = link.closest(".col");
    const sizes = event.pointerType !== "touch" && box.height >= 2 * EDGE && event.clientY > box.bottom - EDGE;
    return { link, col, row, minutes: minutesOf(link), x: event.clientX, y: event.clientY, grip: rowAt(col, event.clientY) - row, sizes, on: false, finger: event.pointerType === "touch" };
  }
  function lift() {
    held.on = true;
    held.link.classList.add("is-moving");
    sheet.classList.add(held.sizes ? "is-sized" : "is-dragging");
  }
  sheet.addEventListener("pointerdown", (event) => {
    const link = event.target.closest(".ap[data-moves]");
    dropped = false;
    if (!grabs(link) || event.button) return;
    const taken = take(event, link);
    if (event.pointerType !== "touch") { held = taken; return; }
    clearTimeout(press);
    press = setTimeout(() => { press = 0; held = taken; lift(); navigator.vibrate?.(15); showPlace(held); says(sheet.dataset.wordsMoving); }, 450);
    held = null;
    pressedAt = taken;
  });
  let pressedAt = null;
  document.addEventListener("pointermove", (event) => {
    if (press && Math.hypot(event.clientX - pressedAt.x, event.clientY - pressedAt.y) > 10) { clearTimeout(press); press = 0; }
    if (!held) return;
    if (!held.on && Math.hypot(event.clientX - held.x, event.clientY - held.y) < 5) return;
    if (!held.on) lift();
    const box = sheet.getBoundingClientRect();
    if (event.clientX > box.right - 30) sheet.scrollBy(12, 0); else if (event.clientX < box.left + 80) sheet.scrollBy(-12, 0);
    if (event.clientY > box.bottom - 30) sheet.scrollBy(0, 12); else if (event.clientY < box.top + 60) sheet.scrollBy(0, -12);
    if (held.sizes) {
      const ends = rowAt(held.col, event.clientY) + 1;
      held.minutes = longer(minutesOf(held.link), ends - held.row - Math.ceil(minutesOf(held.link) / ROW));
    } else {
      held.col = columnAt(event.clientX) || held.col;
      held.row = Math.max(1, rowAt(held.col, event.clientY) - held.grip);
    }
    showPlace(held);
  });
  document.addEventListener("pointerup", () => {
    clearTimeout(press);
    press = 0;
    if (!held) return;
    const { link, on, col, row, minutes } = held;
    letGo();
    if (!on) return;
    dropped = true;
    put(link, col, row, minutes);
  });
  document.addEventListener("pointercancel", () => { clearTimeout(press); press = 0; letGo(); });
  sheet.addEventListener("dragstart", (event) => event.preventDefault());
  sheet.addEventListener("touchmove", (event) => { if (held?.finger && event.cancelable) event.preventDefault(); }, { passive: false });
  sheet.addEventListener("contextmenu", (event) => { if (press || held?.finger) event.preventDefault(); });
  function letGo() {
    held?.link.classList.remove("is-moving");
    held = null;
    sheet.classList.remove("is-dragging", "is-sized");
    hideGhost();
  }

  /* Keys: arrows go from appointment to appointment; M, arrows, Enter move one; L, arrows, Enter change its length. */
  let moving = null;
  sheet.addEventListener("keydown", (event) => {
    const link = event.target.closest(".ap");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (!moving && (key === "m" || key === "l") && link.matches("[data-moves]") && sheet.dataset.book && !window.house.lettersOff()) {
      event.preventDefault();
      moving = { link, col: link.closest(".col"), row: startOf(link), minutes: minutesOf(link), length: key === "l" };
      link.classList.add("is-moving");
      says(moving.length ? sheet.dataset.wordsLength : sheet.dataset.wordsMoving);
      return showMoving();
    }
    if (!event.key.startsWith("Arrow") && !(moving && (event.key === "Enter" || event.key === "Escape"))) return;
    event.preventDefault();
    event.stopPropagation();
    if (!moving) return walk(link, event.key);
    if (event.key === "Escape") { says(sheet.dataset.wordsLeft); return stopMoving(); }
    if (event.key === "Enter") { const { col, row, minutes } = moving; stopMoving(); return put(link, col, row, minutes); }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key] || 0;
    if (moving.length || event.shiftKey) moving.minutes = longer(moving.minutes, step);
    else if (step) moving.row = Math.max(1, Math.min(rows - 1, moving.row + step));
    else moving.col = beside(moving.col, event.key) || moving.col;
    showMoving();
    says(sayPlace(moving));
  });
  sheet.addEventListener("focusout", () => { if (moving) stopMoving(); });
  /* With nothing in focus an arrow goes to the appointment nearest to now; on another day to the first. */
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches("body, main") || !event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (one("dialog:modal") || window.house.lettersOff()) return;
    const now = Number(sheet.dataset.now) || 1;
    const [nearest] = all(".ap", sheet).sort((a, b) => Math.abs(startOf(a) - now) - Math.abs(startOf(b) - now));
    if (!nearest) return;
    event.preventDefault();
    nearest.focus();
  });
  function showMoving() {
    showPlace(moving);
    ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  function stopMoving() {
    moving.link.classList.remove("is-moving");
    moving = null;
    hideGhost();
  }
  function beside(col, key) {
    const forward = (key === "ArrowRight") !== (getComputedStyle(sheet).direction === "rtl");
    const next = forward ? col.nextElementSibling : col.previousElementSibling;
    return next?.matches(".col") ? next : null;
  }
  function walk(link, key) {
    if (key === "ArrowUp" || key === "ArrowDown") {
      const item = link.closest("li");
      return one(".ap", (key === "ArrowDown" ? item.nextElementSibling : item.previousElementSibling) || item).focus();
    }
    for (let col = beside(link.closest(".col"), key); col; col = beside(col, key)) {
      const near = all(".ap", col).sort((a, b) => Math.abs(startOf(a) - startOf(link)) - Math.abs(startOf(b) - startOf(link)))[0];
      if (near) return near.focus();
    }
  }

  /* Undo from a toast redraws the columns too. */
  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".toast-note form");
    if (!form) return;
    event.preventDefault();
    window.house.post(new URL(form.action).pathname, Object.fromEntries(new FormData(form)));
    form.closest(".toast-note").remove();
  });

  /* The now-line walks. */
  const line = one(".now > div", sheet);
  const label = one(".now-label", sheet);
  if (line) {
    const start = Date.now();
    const from = (Number(sheet.dataset.now) - 1) * ROW + Number(label.textContent.slice(-2)) % ROW;
    setInterval(() => {
      const m = from + Math.floor((Date.now() - start) / 60000);
      const row = Math.floor(m / ROW) + 1;
      const inside = row >= 1 && row <= rows;
      line.className = inside ? `gs-${row}` : "d-none";
      label.className = inside ? `now-label gs-${row}` : "d-none";
      label.textContent = hhmm(firstRow * ROW + m - shift(row) * ROW);
    }, 20000);
  }
  if (!narrow()) {
    const row = Number(sheet.dataset.now) || Math.min(...all(".ap", sheet).map(startOf), rows);
    sheet.scrollTop = Math.max(0, (row - 12) * rowHeight());
  }
})();
