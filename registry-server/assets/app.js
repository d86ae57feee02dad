// Comforts only: every page works without this file.
"use strict";

// "/" goes to the search field, unless something is being typed.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector("[data-shortcut='/']");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

// Buttons that copy the text of an element.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const lines = document.getElementById(button.dataset.copy).querySelectorAll(".line");
    const text = Array.from(lines, (line) => line.textContent.replace(/\n$/, "")).join("\n");
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

// What cannot be undone is possible only once the name was typed. The server asks for it too.
for (const field of document.querySelectorAll("[data-equals]")) {
  const button = field.form.querySelector("button[type=submit]");
  const update = () => { button.disabled = field.value.trim() !== field.dataset.equals; };
  field.addEventListener("input", update);
  update();
}

// A link to a line opens what hides it.
const reveal = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const hidden = target && target.closest("details");
  if (hidden) hidden.open = true;
};
window.addEventListener("hashchange", reveal);
reveal();
