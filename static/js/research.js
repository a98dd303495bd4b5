// A key works where it is printed: data-key, outside of fields that take letters.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
});
// Copies the words of another element; over plain HTTP, where browsers copy nothing, they are selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const words = document.getElementById(button.dataset.copies);
  if (!navigator.clipboard) return getSelection().selectAllChildren(words);
  await navigator.clipboard.writeText(words.textContent);
  button.textContent = button.dataset.copied;
});
