/**
 * Looks after the sound while it should play: when the clock stands still for a while although nothing is said to
 * be missing, the player is told to push it on. Counts what listeners notice: when the first sound came, and how
 * often it ran out.
 */

/** The clock may stand still for so many milliseconds. */
const PATIENCE = 1500;
const LOOK_EVERY = 500;

/**
 * @param {HTMLMediaElement} audio
 * @param {{ onStuck: () => void, onFirstSound: (milliseconds: number) => void, onStall: () => void }} listener
 */
export function watchPlayback(audio, { onStuck, onFirstSound, onStall }) {
  /** @type {number | null} When the listener asked for sound; null once it was there. */
  let asked = null;
  let sounded = false;
  let seeking = false;
  let lastTime = -1;
  let movedAt = 0;

  const look = () => {
    const now = performance.now();
    if (audio.currentTime !== lastTime || audio.paused || audio.seeking || audio.ended || audio.error) {
      lastTime = audio.currentTime;
      movedAt = now;
    } else if (now - movedAt > PATIENCE) {
      movedAt = now;
      onStuck();
    }
  };
  const timer = setInterval(look, LOOK_EVERY);

  /** @type {Record<string, () => void>} */
  const reactions = {
    emptied() {
      sounded = false;
    },
    play() {
      if (!sounded) asked = performance.now();
    },
    playing() {
      if (asked !== null) onFirstSound(performance.now() - asked);
      asked = null;
      sounded = true;
      seeking = false;
    },
    pause() {
      asked = null;
    },
    seeking() {
      seeking = true;
    },
    waiting() {
      if (sounded && !seeking && !audio.paused) onStall();
    },
  };
  const listening = new AbortController();
  const { signal } = listening;
  for (const [type, react] of Object.entries(reactions)) audio.addEventListener(type, react, { signal });
  return {
    stop() {
      clearInterval(timer);
      listening.abort();
    },
  };
}
