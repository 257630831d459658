/** Text from events, and files from text. Nothing here reads a schema while it runs, so pages stay small. */
export * from './caption-assembler.ts';
export * from './columns.ts';
export * from './cues.ts';
export * from './export.ts';
export * from './hls.ts';
export * from './sentence-text.ts';
export * from './subtitles.ts';
export * from './transcript-lines.ts';
