"use strict";
/* Documents: drop files, see them travel, one request a file. The plain form does the same without any of this. */
(() => {
  for (const form of document.querySelectorAll("form[data-filing]")) watch(form);

  function watch(form) {
    const input = form.querySelector("input[type=file]");
    const queue = form.querySelector(".drop-queue");
    const holdsFiles = (event) => [...event.dataTransfer.types].includes("Files");
    form.addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      form.classList.add("drop-over");
    });
    form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) form.classList.remove("drop-over"); });
    form.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      form.classList.remove("drop-over");
      input.files = event.dataTransfer.files;
    });
    form.addEventListener("submit", async (event) => {
      if (!input.files.length) return;
      event.preventDefault();
      const button = form.querySelector("button");
      if (button.disabled) return;
      button.disabled = true;
      queue.hidden = false;
      queue.replaceChildren();
      const files = [...input.files];
      const rows = files.map((file) => row(form, queue, file));
      let allFiled = true;
      for (const [place, file] of files.entries()) allFiled = (await send(form, file, files.length, rows[place])) && allFiled;
      button.disabled = false;
      if (allFiled) { input.value = ""; form.querySelector("[name=title]").value = ""; }
      const list = document.querySelector(form.dataset.refresh);
      if (list) htmx.ajax("GET", location.href, { target: form.dataset.refresh, select: form.dataset.refresh, swap: "outerHTML" });
    });
  }

  function row(form, queue, file) {
    const line = form.querySelector("template").content.cloneNode(true).firstElementChild;
    line.querySelector(".drop-name").textContent = file.name;
    queue.append(line);
    return line;
  }

  function send(form, file, many, line) {
    const result = line.querySelector(".drop-result");
    const bar = line.querySelector("progress");
    const say = (words) => { bar.remove(); result.className = "drop-result field-error"; result.textContent = words; };
    const most = Number(form.dataset.most) * 1024 * 1024;
    if (most && file.size > most) {
      say(form.querySelector("[data-words-large]").textContent);
      return Promise.resolve(false);
    }
    const body = new FormData(form);
    body.delete("file");
    body.append("file", file);
    if (many > 1) body.set("title", "");
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true");
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
      request.addEventListener("load", () => {
        if (![200, 400, 413].includes(request.status)) { say(form.querySelector("[data-words-lost]").textContent); return done(false); }
        bar.remove();
        result.innerHTML = request.responseText;
        done(request.status === 200);
      });
      request.addEventListener("error", () => { say(form.querySelector("[data-words-lost]").textContent); done(false); });
      request.send(body);
    });
  }

  /* A link from outside: its token stands behind the #, which only this page sees. It leaves the address at once. */
  const link = document.querySelector("form[data-link]");
  if (link && location.hash.length > 1) {
    const code = link.querySelector("[data-link-code]");
    code.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    code.closest(".field").hidden = true;
    link.querySelector("[name=pin]").focus();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    source.select();
    try { await navigator.clipboard.writeText(source.value); } catch { document.execCommand("copy"); }
    button.lastChild.textContent = button.dataset.copied;
  });
})();
