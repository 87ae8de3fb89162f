"use strict";
/* A signature drawn with finger, pen or mouse: strokes of whole numbers, as the clinic keeps them. Without this the name is typed. */
(() => {
  const pad = document.getElementById("sign-pad"), field = document.getElementById("sign-drawing"), state = document.getElementById("sign-state");
  if (!pad) return;
  const ink = pad.getContext("2d"), LONGEST = 15000;
  let strokes = [], drawing = null;

  const point = (event) => {
    const box = pad.getBoundingClientRect();
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
    return [within((event.clientX - box.left) / box.width * pad.width, pad.width), within((event.clientY - box.top) / box.height * pad.height, pad.height)];
  };
  const path = () => strokes.map((stroke) => stroke.map(([x, y], index) => `${index ? "L" : "M"}${x} ${y}`).join("")).join("");
  function draw() {
    ink.clearRect(0, 0, pad.width, pad.height);
    ink.lineWidth = 3; ink.lineCap = ink.lineJoin = "round"; ink.strokeStyle = "#1b2430";
    for (const stroke of strokes) {
      ink.beginPath();
      stroke.forEach(([x, y], index) => (index ? ink.lineTo(x, y) : ink.moveTo(x, y)));
      if (stroke.length === 1) ink.lineTo(stroke[0][0] + .1, stroke[0][1]);
      ink.stroke();
    }
  }
  function tell() {
    field.value = path();
    state.textContent = field.value ? state.dataset.drawn : state.dataset.empty;
  }
  pad.addEventListener("pointerdown", (event) => {
    if (event.button || field.value.length > LONGEST) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    drawing = [point(event)];
    strokes.push(drawing);
    draw();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const [x, y] = point(one), [lastX, lastY] = drawing[drawing.length - 1];
      if (Math.hypot(x - lastX, y - lastY) >= 2) drawing.push([x, y]);
    }
    draw();
  });
  const lift = () => { if (drawing) { drawing = null; tell(); } };
  pad.addEventListener("pointerup", lift);
  pad.addEventListener("pointercancel", lift);
  document.getElementById("sign-clear").addEventListener("click", () => { strokes = []; draw(); tell(); });
  /* After an error the page comes back with what was drawn. */
  for (const stroke of field.value.match(/M[^M]+/g) ?? []) strokes.push((stroke.match(/\d+ \d+/g) ?? []).map((pair) => pair.split(" ").map(Number)));
  draw();
  tell();
})();
