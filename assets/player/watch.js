/**
 * Looks after the sound while it should play: when the clock stands still for a while although nothing is said to
 * be missing, the player is told to push it on. Counts what listeners notice: when the first sound came, and how
 * often it ran out.
 */

/** The clock may stand still for so many milliseconds. */
const STANDSTILL = 1500;
const LOOK_EVERY = 500;
/** A step of so many seconds or less is a push, not the sound. */
const PUSH = 0.1;
/** So many new sources in a row without progress, and it is not the source. */
const MOST_IN_VAIN = 4;
/** With less than so many seconds of sound a new source was of no use. */
const PROGRESS = 1;

/**
 * @param {HTMLMediaElement} audio
 * @param {{ onStuck: (times: number) => void, onFirstSound: (milliseconds: number) => void, onStall: () => void }} listener
 */
export function watchPlayback(audio, { onStuck, onFirstSound, onStall }) {
  /** @type {number | null} When the listener asked for sound; null once it was there. */
  let asked = null;
  let sounded = false;
  let seeking = false;
  let lastTime = -1;
  let movedAt = 0;
  /** How often in a row the clock was found standing still. */
  let times = 0;

  const look = () => {
    const now = performance.now();
    const moved = Math.abs(audio.currentTime - lastTime) > PUSH;
    if (moved || audio.paused || audio.seeking || audio.ended || audio.error) {
      lastTime = audio.currentTime;
      movedAt = now;
      times = 0;
    } else if (now - movedAt > STANDSTILL) {
      movedAt = now;
      times += 1;
      onStuck(times);
    }
  };
  const timer = setInterval(look, LOOK_EVERY);

  /** @type {Record<string, () => void>} */
  const reactions = {
    emptied() {
      sounded = false;
      // A new source has its own time to begin.
      movedAt = performance.now();
      times = 0;
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

/** Counts new sources that brought no progress: a clock that stands still in all of them would have them for ever. */
export function createAttempts() {
  let inVain = 0;
  /** Seconds of the track at which the sound stood still. */
  let stoodAt = NaN;

  return {
    /**
     * The sound stands still: whether another source is worth the while.
     * @param {number} position
     */
    another(position) {
      inVain += 1;
      stoodAt = position;
      return inVain <= MOST_IN_VAIN;
    },
    /**
     * Call it as time goes on.
     * @param {number} position
     */
    note(position) {
      if (Math.abs(position - stoodAt) >= PROGRESS) inVain = 0;
    },
    /** The listener asked for another try. */
    forget() {
      inVain = 0;
    },
  };
}
