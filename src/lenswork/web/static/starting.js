// A run that is about to begin: the page is asked for again when it has, or when it has failed.
import { follow } from "./follow.js";

const leave = follow(document.getElementById("starting").dataset.events, {
  state: ({ standing }) => standing !== "starting" && again(),
  end: again,
});

function again() {
  leave();
  location.reload();
}
