/**
 * Threads of a decode that begins now. Alone it shares the encoder's work among all cores: with two, `base` takes
 * 0.26 s instead of 0.41, and when another process has one of them still 0.44. Decodes that compete share the cores,
 * and with one or more decodes a core each gets one thread: more would only wait for each other.
 * @param running Decodes in this process, this one included.
 */
export function chooseThreadCount(cores: number, running: number): number {
  return Math.max(1, Math.floor(cores / Math.max(1, running)));
}
