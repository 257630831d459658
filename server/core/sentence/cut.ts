/** Length of the frames whose energy is compared: 10 ms. */
const FRAME = 160;

/** Offset of the middle of the quietest 10 ms in `samples`, where a cut splits no sound. */
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
