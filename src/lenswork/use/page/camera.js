// The camera, looked through until it is stopped.

/** Whether this page may ask for a camera at all. */
export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Calls `seen(video)` for frame after frame, each when the one before is answered; gives stop(), or
 * null where nobody wants the camera any more by the time that it was let in.
 */
export async function watching(video, seen, wanted) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  if (!wanted()) return ended(stream);
  try {
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    ended(stream, video);
    throw error;
  }
  if (!wanted()) return ended(stream, video);
  let on = true;
  const next = async () => {
    if (!on) return;
    await seen(video);
    requestAnimationFrame(next);
  };
  next();
  return () => {
    on = false;
    ended(stream, video);
  };
}

function ended(stream, video) {
  for (const track of stream.getTracks()) track.stop();
  if (video?.srcObject === stream) video.srcObject = null;
  return null;
}
