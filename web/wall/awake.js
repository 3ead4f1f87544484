/**
 * Keeps the screen awake: by a wake lock where the browser gives one, else by a film that plays behind everything. Browsers give
 * the lock to pages that come by https or from this machine alone.
 */

/** How the screen is kept awake. @type {"lock" | "film" | "nothing"} */
let by = "nothing";
export const keptAwakeBy = () => by;

/** @type {HTMLVideoElement | null} */
let film = null;

/** Asks for it again whenever the page is seen again: a lock ends when it is hidden. */
export function stayAwake() {
  document.addEventListener("visibilitychange", () => void ask());
  void ask();
}

async function ask() {
  if (document.hidden) return;
  try {
    if ("wakeLock" in navigator) {
      const lock = await navigator.wakeLock.request("screen");
      by = "lock";
      film?.pause();
      lock.addEventListener("release", () => {
        if (by === "lock") by = "nothing";
      });
      return;
    }
  } catch (error) {
    console.warn("no wake lock", error);
  }
  await play();
}

/**
 * A film of a dark square. Chromium and Firefox keep the screen awake while one plays that takes a good part of the window, so it
 * lies behind everything, as large as the window and hardly to be seen.
 */
async function play() {
  film ??= roll();
  try {
    await film.play();
    by = "film";
  } catch (error) {
    by = "nothing";
    console.warn("no film to keep the screen awake", error);
  }
}

function roll() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const brush = canvas.getContext("2d");
  let dark = false;
  // A film without new pictures counts as stopped.
  setInterval(() => {
    dark = !dark;
    if (brush) brush.fillStyle = dark ? "#000" : "#010101";
    brush?.fillRect(0, 0, 16, 16);
  }, 1000);
  const video = document.createElement("video");
  video.id = "awake";
  video.muted = true;
  video.playsInline = true;
  video.setAttribute("aria-hidden", "true");
  video.srcObject = canvas.captureStream(1);
  document.body.prepend(video);
  return video;
}
