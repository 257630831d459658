/**
 * Calls `beat` at an interval until the returned function is called. Does not keep the process alive. In the event
 * loop, timers run before sockets and immediates after them: a process that was suspended reads the waiting answers
 * before `beat` counts who has not answered.
 */
export function startHeartbeat(beat: () => void, intervalMs: number): () => void {
  let isStopped = false;
  const timer = setInterval(() => {
    setImmediate(() => {
      if (!isStopped) beat();
    });
  }, intervalMs);
  timer.unref();
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}
