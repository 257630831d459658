/**
 * Calls `beat` every `everyMs` until what it gives back is called. Keeps no process alive. Immediates come behind
 * sockets in the event loop and timers before them: a process that stood still reads the answers that wait before
 * `beat` counts who has not answered.
 */
export function startHeartbeat(beat: () => void, everyMs: number): () => void {
  let stopped = false;
  const timer = setInterval(() => {
    setImmediate(() => {
      if (!stopped) beat();
    });
  }, everyMs);
  timer.unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
