// What happens to a run, told for as long as somebody looks at the page. Browsers open six
// connections to a host: tabs in the background let theirs go, so that a seventh is not kept
// waiting, and look once in a while.
const AGAIN_SECONDS = 2;
const GLANCE_SECONDS = 10;
const GOING_ON = ["running", "starting"];

// Calls on[name](data) for every event; `silent` hears whether the studio does not answer. What is
// given back ends it.
export function follow(address, on, silent = () => {}) {
  let events = null;
  let later = 0;
  let over = false;

  function open() {
    clearTimeout(later);
    events = new EventSource(address);
    events.onopen = () => silent(false);
    events.onerror = () => {
      silent(true);
      if (events.readyState === EventSource.CLOSED) openAfter(AGAIN_SECONDS);
    };
    for (const [name, act] of Object.entries(on)) {
      events.addEventListener(name, (event) => {
        const data = JSON.parse(event.data);
        act(data);
        if (document.hidden && name === "state" && GOING_ON.includes(data.standing)) rest();
      });
    }
  }

  function openAfter(seconds) {
    clearTimeout(later);
    if (!over) later = setTimeout(open, 1000 * seconds);
  }

  function rest() {
    events.close();
    openAfter(GLANCE_SECONDS);
  }

  document.addEventListener("visibilitychange", () => {
    if (over) return;
    if (document.hidden) rest();
    else if (events.readyState === EventSource.CLOSED) open();
  });
  open();
  return () => {
    over = true;
    clearTimeout(later);
    events.close();
  };
}
