// The camera: one picture, or live, a frame as soon as the last one was answered.

const LONGEST_SIDE = 640;
const QUALITY = 0.92;
const WRONG = {
  NotAllowedError: "the browser may not use the camera: allow it beside the page's address, then start it again",
  NotFoundError: "no camera was found: connect one, then start it again",
  NotReadableError: "another program holds the camera: close it there, then start it again",
  OverconstrainedError: "there is no other camera",
};
const INSECURE = "the browser gives the camera only to pages from this machine (localhost) or over https";

export function camera(panel, say, give) {
  const video = panel.querySelector("video");
  const tool = (name) => panel.querySelector(`[data-camera=${name}]`);
  let stream = null;
  let facing = "user";
  let asked = 0; // an answer to an older question is given back
  let looping = false;

  const show = () => {
    const on = stream !== null;
    tool("take").disabled = tool("live").disabled = !on;
    tool("power").textContent = on ? "Stop the camera" : "Start the camera";
    panel.classList.toggle("on", on);
    if (!on) tool("live").setAttribute("aria-pressed", "false");
  };
  const stop = () => {
    asked += 1;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = null;
    show();
  };
  const start = async () => {
    stop();
    if (!navigator.mediaDevices?.getUserMedia) return say(INSECURE, true);
    const mine = asked;
    say("waiting for the camera");
    try {
      const came = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: facing, width: { ideal: LONGEST_SIDE } },
      });
      if (mine !== asked) return came.getTracks().forEach((track) => track.stop());
      stream = came;
      video.srcObject = came;
      came.getVideoTracks()[0].addEventListener("ended", stop);
      await video.play();
      say("");
    } catch (error) {
      if (mine !== asked) return;
      stop();
      say(WRONG[error.name] ?? `the camera did not start: ${error.message}`, true);
      return;
    }
    show();
    const devices = await navigator.mediaDevices.enumerateDevices();
    tool("turn").hidden = devices.filter((device) => device.kind === "videoinput").length < 2;
  };
  const frame = () => picture(video);
  const live = async () => {
    if (looping) return;
    looping = true;
    while (stream && tool("live").getAttribute("aria-pressed") === "true") {
      await give(frame);
      await new Promise(requestAnimationFrame); // a hidden page sends nothing
    }
    looping = false;
  };

  tool("power").addEventListener("click", () => (stream ? stop() : start()));
  tool("take").addEventListener("click", () => {
    tool("live").setAttribute("aria-pressed", "false");
    give(frame);
  });
  tool("live").addEventListener("click", () => {
    const on = tool("live").getAttribute("aria-pressed") !== "true";
    tool("live").setAttribute("aria-pressed", String(on));
    if (on) live();
  });
  tool("turn").addEventListener("click", () => {
    facing = facing === "user" ? "environment" : "user";
    start();
  });
  addEventListener("pagehide", stop);
  return { open: start, stop };
}

function picture(video) {
  if (!video.videoWidth) return null;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve({ blob, name: "camera.jpg" }) : reject(new Error("the camera gave no picture"))),
      "image/jpeg",
      QUALITY,
    );
  });
}
