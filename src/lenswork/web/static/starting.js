// A run that is about to begin: the page is asked for again when it has, or when it has failed.
const element = document.getElementById("starting");
const events = new EventSource(element.dataset.events);

function again() {
  events.close();
  location.reload();
}

events.addEventListener("state", (event) => {
  if (JSON.parse(event.data).standing !== "starting") again();
});
events.addEventListener("end", again);
