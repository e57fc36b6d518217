// Drawing on a canvas with a mouse, a pen or a finger: a round pen of one width.

const NAME = "drawing.png";

export function draw(panel, element, give) {
  const canvas = panel.querySelector("canvas");
  const brush = canvas.getContext("2d");
  const tool = (name) => panel.querySelector(`[data-draw=${name}]`);
  const strokes = [];
  let dark = element.dataset.ink === "white"; // white ink on a black ground
  let current = null;

  const colours = () => (dark ? ["#000", "#fff"] : ["#fff", "#000"]);
  const changed = () => {
    tool("undo").disabled = tool("clear").disabled = strokes.length === 0;
    if (strokes.length) give(async () => ({ blob: await picture(canvas), name: NAME }));
    else element.dispatchEvent(new CustomEvent("capture:clear", { bubbles: true }));
  };
  const redraw = () => {
    const [ground, ink] = colours();
    brush.fillStyle = ground;
    brush.fillRect(0, 0, canvas.width, canvas.height);
    for (const stroke of strokes) stroke.points.forEach((_, end) => segment(brush, stroke, end, ink));
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left - canvas.clientLeft) / canvas.clientWidth) * canvas.width,
      ((event.clientY - box.top - canvas.clientTop) / canvas.clientHeight) * canvas.height,
    ];
  };
  const add = (point) => {
    current.points.push(point);
    segment(brush, current, current.points.length - 1, colours()[1]);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || current) return;
    canvas.setPointerCapture(event.pointerId);
    current = { id: event.pointerId, width: Number(tool("pen").value), points: [] };
    strokes.push(current);
    add(place(event));
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== current?.id) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length ? passed : [event]) add(place(one));
    changed();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId === current?.id) current = null;
    });
  }

  const clear = () => {
    strokes.length = 0;
    current = null;
    redraw();
    changed();
  };
  tool("clear").addEventListener("click", clear);
  tool("undo").addEventListener("click", () => {
    strokes.pop();
    current = null;
    redraw();
    changed();
  });
  tool("ink").addEventListener("click", () => {
    dark = !dark;
    tool("ink").setAttribute("aria-pressed", String(!dark));
    redraw();
    if (strokes.length) changed();
  });
  redraw();
  return { clear };
}

// The piece of a stroke that ends at one of its points; its first is a dot, since canvases leave out
// lines of no length.
function segment(brush, stroke, end, ink) {
  const [x, y] = stroke.points[end];
  const [fromX, fromY] = stroke.points[Math.max(0, end - 1)];
  brush.fillStyle = brush.strokeStyle = ink;
  brush.lineWidth = stroke.width;
  brush.lineCap = brush.lineJoin = "round";
  brush.beginPath();
  if (end === 0) {
    brush.arc(x, y, stroke.width / 2, 0, 2 * Math.PI);
    brush.fill();
    return;
  }
  brush.moveTo(fromX, fromY);
  brush.lineTo(x, y);
  brush.stroke();
}

function picture(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no picture of the drawing"))));
  });
}
