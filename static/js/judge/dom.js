// What all parts look for.

export const task = document.getElementById("task");
export const find = (selector, root = document) => root.querySelector(selector);
export const answerForm = () => find("form.answer", task);
export const skipPanel = () => find("#skip", task);

export const isTyping = (element) => element.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
