// What happens to a run, told for as long as somebody looks at the page. Browsers open six
// connections to a host: four pages keep one, so that nothing else is kept waiting. Further windows
// look once in a while, and so do tabs in the background.
const PLACES = 4;
const AGAIN_SECONDS = 2;
const BACKGROUND_SECONDS = 10;
const GOING_ON = ["running", "starting"];

// Calls on[name](data) for every event; `silent` hears whether the studio does not answer. What is
// given back ends it.
export function follow(address, on, silent = () => {}) {
  let events = null;
  let later = 0;
  let over = false;
  let asking = false;
  let leavePlace = null;

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
        if (name === "state" && GOING_ON.includes(data.standing)) stayOrRest();
      });
    }
  }

  function openAfter(seconds) {
    clearTimeout(later);
    if (!over) later = setTimeout(open, 1000 * seconds);
  }

  async function stayOrRest() {
    if (leavePlace || asking) return;
    asking = true;
    const leave = document.hidden ? null : await takePlace();
    asking = false;
    if (leave && !over && !document.hidden) {
      leavePlace = leave;
    } else {
      leave?.();
      rest();
    }
  }

  function rest() {
    close();
    openAfter(document.hidden ? BACKGROUND_SECONDS : AGAIN_SECONDS);
  }

  function close() {
    leavePlace?.();
    leavePlace = null;
    events.close();
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
    close();
  };
}

// One of the places of all windows that stay connected: what leaves it again, or null where all
// are taken. A browser leaves it for a window that is closed; one without locks has places enough.
async function takePlace() {
  if (!navigator.locks) return () => {};
  for (let place = 0; place < PLACES; place += 1) {
    const leave = await new Promise((taken) => {
      navigator.locks.request(`lenswork-live-${place}`, { ifAvailable: true }, (lock) => {
        if (!lock) return taken(null);
        return new Promise(taken);
      });
    });
    if (leave) return leave;
  }
  return null;
}
