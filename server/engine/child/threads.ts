/**
 * Threads for a decode that begins now. Alone it spreads the encoder's work over all cores: with two, `base` takes 0.26
 * s instead of 0.41, and still 0.44 when another process uses one of them. Concurrent decodes share the cores, and with
 * one or more decodes per core each gets one thread: more would only wait for each other.
 * @param running Number of decodes in this process, including this one.
 */
export function chooseThreadCount(cores: number, running: number): number {
  return Math.max(1, Math.floor(cores / Math.max(1, running)));
}
