/** Dialogs of this page: opened with what they are about, closed by Escape, their own buttons or a press beside them. */
import { need } from "../shared/dom.js";

/** @param {string} id @returns {HTMLDialogElement} */
export const dialog = (id) => /** @type {HTMLDialogElement} */ (need(`#${id}`));

/** Whether one is open: single keys are its own then. */
export const isDialogOpen = () => document.querySelector("dialog[open]") !== null;

/** @param {string} id */
export function openDialog(id) {
  const box = dialog(id);
  if (!box.open) box.showModal();
  return box;
}

for (const box of document.querySelectorAll("dialog")) {
  box.addEventListener("click", (event) => {
    if (event.target === box) box.close();
  });
  for (const button of box.querySelectorAll("[data-close]")) button.addEventListener("click", () => box.close());
}
