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
  const clock = (row) => { const m = (firstRow + row - 1) * ROW; return `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`; };
  const says = (text) => { one("#sheet-says").textContent = text; };
  const title = (col) => one("h2", col).textContent;
  const columnAt = (x) => all(".col", sheet).find((col) => { const box = col.getBoundingClientRect(); return x >= box.left && x < box.right; });
  const rowAt = (col, y) => Math.max(1, Math.min(rows, Math.floor((y - one(".col-grid", col).getBoundingClientRect().top) / rowHeight()) + 1));

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-Sheet"] = `${sheet.dataset.view} ${sheet.dataset.first} ${sheet.dataset.last}`;
  });

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
    window.house.panel(`${sheet.dataset.book}?${new URLSearchParams({ provider: col.dataset.provider, day: col.dataset.day, time: clock(rowAt(col, event.clientY)) })}`);
  }, true);

  /* Moving: the same request for mouse, keys and undo. */
  function put(link, col, row) {
    const here = link.closest(".col");
    const from = startOf(link);
    if (here === col && from === row) return;
    window.house.post(`${new URL(link.href).pathname}move/`, { provider: col.dataset.provider, day: col.dataset.day, starts: clock(row) });
  }
  const placeOf = (link) => link.closest("li").className;
  const startOf = (link) => Number(placeOf(link).match(/gs-(-?\d+)/)[1]);
  const spanOf = (link) => Number(placeOf(link).match(/sp-(\d+)/)[1]);

  /* Drag with mouse or pen. */
  let held = null;
  let dropped = false;
  sheet.addEventListener("pointerdown", (event) => {
    const link = event.target.closest(".ap[data-moves]");
    dropped = false;
    if (!link || event.button || event.pointerType === "touch" || narrow() || !sheet.dataset.book) return;
    held = { link, x: event.clientX, y: event.clientY, grip: rowAt(link.closest(".col"), event.clientY) - startOf(link), on: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!held.on && Math.hypot(event.clientX - held.x, event.clientY - held.y) < 5) return;
    if (!held.on) { held.on = true; held.link.classList.add("is-moving"); sheet.classList.add("is-dragging"); }
    const box = sheet.getBoundingClientRect();
    if (event.clientX > box.right - 30) sheet.scrollBy(12, 0); else if (event.clientX < box.left + 80) sheet.scrollBy(-12, 0);
    if (event.clientY > box.bottom - 30) sheet.scrollBy(0, 12); else if (event.clientY < box.top + 60) sheet.scrollBy(0, -12);
    held.col = columnAt(event.clientX) || held.link.closest(".col");
    held.row = Math.max(1, rowAt(held.col, event.clientY) - held.grip);
    showGhost(held.col, held.row, spanOf(held.link), `${clock(held.row)} ${title(held.col)}`);
  });
  document.addEventListener("pointerup", () => {
    if (!held) return;
    const { link, on, col, row } = held;
    held = null;
    link.classList.remove("is-moving");
    sheet.classList.remove("is-dragging");
    if (!on) return;
    dropped = true;
    hideGhost();
    put(link, col, row);
  });
  document.addEventListener("pointercancel", () => letGo());
  sheet.addEventListener("dragstart", (event) => event.preventDefault());
  function letGo() {
    if (held) held.link.classList.remove("is-moving");
    held = null;
    sheet.classList.remove("is-dragging");
    hideGhost();
  }

  /* Keys: arrows go from appointment to appointment; M, arrows, Enter move one. */
  let moving = null;
  sheet.addEventListener("keydown", (event) => {
    const link = event.target.closest(".ap");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!moving && event.key.toLowerCase() === "m" && link.matches("[data-moves]") && sheet.dataset.book) {
      event.preventDefault();
      moving = { link, col: link.closest(".col"), row: startOf(link) };
      link.classList.add("is-moving");
      says(sheet.dataset.wordsMoving);
      return showMoving();
    }
    if (!event.key.startsWith("Arrow") && !(moving && (event.key === "Enter" || event.key === "Escape"))) return;
    event.preventDefault();
    event.stopPropagation();
    if (!moving) return walk(link, event.key);
    if (event.key === "Escape") { says(sheet.dataset.wordsLeft); return stopMoving(); }
    if (event.key === "Enter") { const { col, row } = moving; stopMoving(); return put(link, col, row); }
    if (event.key === "ArrowUp") moving.row = Math.max(1, moving.row - 1);
    if (event.key === "ArrowDown") moving.row = Math.min(rows - 1, moving.row + 1);
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") moving.col = beside(moving.col, event.key) || moving.col;
    showMoving();
    says(`${clock(moving.row)} ${title(moving.col)}`);
  });
  sheet.addEventListener("focusout", () => { if (moving) stopMoving(); });
  function showMoving() {
    showGhost(moving.col, moving.row, spanOf(moving.link), `${clock(moving.row)} ${title(moving.col)}`);
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

  /* The now-line walks; what others changed appears within seconds. */
  const line = one(".now > div", sheet);
  const label = one(".now-label", sheet);
  if (line) {
    const start = Date.now();
    const [hours, minutes] = label.textContent.split(":").map(Number);
    setInterval(() => {
      const m = hours * 60 + minutes + Math.floor((Date.now() - start) / 60000);
      const row = Math.floor(m / ROW) + 1 - firstRow;
      const inside = row >= 1 && row <= rows;
      line.className = inside ? `gs-${row}` : "d-none";
      label.className = inside ? `now-label gs-${row}` : "d-none";
      label.textContent = `${String(Math.floor(m / 60) % 24).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;
    }, 20000);
  }
  setInterval(() => {
    if (document.hidden || held || moving) return;
    const marks = all(".col", sheet).map((col) => `${col.dataset.keyOf}:${col.dataset.mark}`).join(" ");
    htmx.ajax("GET", sheet.dataset.changes, { target: "#sheet-says", swap: "none", headers: { "X-Sheet-Marks": marks, "X-Background": "changes" } });
  }, 6000);
  if (!narrow()) {
    const row = Number(sheet.dataset.now) || Math.min(...all(".ap", sheet).map(startOf), rows);
    sheet.scrollTop = Math.max(0, (row - 12) * rowHeight());
  }
})();
