// The camera, looked through until it is stopped.

/** Whether this page may ask for a camera at all. */
export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/** Calls `seen(video)` for frame after frame, each when the one before is answered; returns stop(). */
export async function watching(video, seen) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  await video.play();
  let on = true;
  const next = async () => {
    if (!on) return;
    await seen(video);
    requestAnimationFrame(next);
  };
  next();
  return () => {
    on = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}
