// Every page says when the studio does not answer what htmx asks, and takes it back when it does.
import { SILENT } from "./silent.js";

const place = document.getElementById("unanswered");

document.addEventListener("htmx:sendError", () => {
  place.textContent = SILENT;
});
document.addEventListener("htmx:beforeOnLoad", () => {
  place.textContent = "";
});
