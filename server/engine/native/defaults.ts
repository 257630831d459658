/**
 * Windows and their floors in encoder frames of 20 ms, chosen by `npm run bench -- engine`. A final's window has a floor
 * because short windows make the published weights repeat themselves; a partial's window is fitted to the audio alone.
 */
export const FINAL_WINDOW_FLOOR = 512;
export const PARTIAL_WINDOW_FLOOR = 0;
/** The whole window of the published models: 30 s. */
export const FULL_WINDOW = 1_500;
