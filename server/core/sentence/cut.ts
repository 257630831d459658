/** Length of the frames whose energy is compared: 10 ms. */
const FRAME = 160;

/** The quietest 10 ms of `samples`; a cut there splits no sound. Returns the offset of that frame's middle. */
export function findQuietestOffset(samples: Float32Array): number {
  let best = Math.floor(samples.length / 2);
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + FRAME <= samples.length; at += FRAME / 2) {
    let energy = 0;
    for (let i = at; i < at + FRAME; i++) energy += samples[i]! * samples[i]!;
    if (energy < least) [best, least] = [at + FRAME / 2, energy];
  }
  return best;
}
