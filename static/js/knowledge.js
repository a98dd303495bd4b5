// The knowledge base: "/" goes to the search field, as in other reference works; J and K go from pair to pair.

function pairBeside(step) {
  const pairs = [...document.querySelectorAll(".of-pair")];
  const at = pairs.indexOf(document.activeElement.closest(".of-pair"));
  pairs[at < 0 ? 0 : at + step]?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") pairBeside(1);
  else if (event.key === "k") pairBeside(-1);
  else if (event.key === "/") {
    event.preventDefault();
    document.querySelector('[data-key="/"]').select();
  }
});
