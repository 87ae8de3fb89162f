"use strict";
/* Two soft tones when a new token is called. Browsers keep silent until somebody has touched the screen once. */
(() => {
  let sound = null;
  const button = document.getElementById("sound");
  const first = () => document.querySelector(".now-call")?.textContent.trim() || "";
  let last = first();
  function wake() {
    sound ||= new AudioContext();
    sound.resume().then(() => { button.hidden = sound.state === "running"; });
    button.hidden = sound.state === "running";
  }
  function chime() {
    if (!sound || sound.state !== "running") return;
    [660, 880].forEach((pitch, place) => {
      const tone = sound.createOscillator();
      const loud = sound.createGain();
      const at = sound.currentTime + place * 0.28;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.001, at);
      loud.gain.exponentialRampToValueAtTime(0.25, at + 0.03);
      loud.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
      tone.connect(loud).connect(sound.destination);
      tone.start(at);
      tone.stop(at + 0.65);
    });
  }
  button.addEventListener("click", wake);
  wake();
  document.addEventListener("htmx:afterSettle", () => {
    const now = first();
    if (now && now !== last) chime();
    last = now;
  });
})();
