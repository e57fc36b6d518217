// Axes that are added and taken away; without this script the form has those that it began with.
const axes = document.querySelector("#axes");
const template = document.querySelector("#empty-axis");
const add = document.querySelector("#add-axis");
const form = document.querySelector("#plan");

function ready() {
  const rows = [...axes.querySelectorAll(".axis")];
  for (const row of rows) row.querySelector(".drop-axis").hidden = rows.length < 2;
}

if (axes) {
  add.hidden = false;
  ready();
  add.addEventListener("click", () => {
    axes.append(template.content.cloneNode(true));
    ready();
    axes.lastElementChild.querySelector("input").focus();
  });
  axes.addEventListener("click", ({target}) => {
    if (!target.matches(".drop-axis")) return;
    target.closest(".axis").remove();
    ready();
    form.dispatchEvent(new Event("changed-axes"));
    add.focus();
  });
}
