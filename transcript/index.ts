/** Text from events, and files from text. Nothing here needs a schema while it runs, so pages stay small. */
export * from './caption-assembler.ts';
export * from './columns.ts';
export * from './cues.ts';
export * from './end-marks.ts';
export * from './export.ts';
export * from './form-queue.ts';
export * from './hls.ts';
export * from './join-text.ts';
export * from './render-sentences.ts';
export * from './sentence.ts';
export * from './sentence-fold.ts';
export * from './sentence-text.ts';
export * from './subtitles.ts';
export * from './transcript-lines.ts';
export * from './wanted-form.ts';
