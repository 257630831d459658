export * from '../../protocol/index.ts';
export * from './connection.ts';
export * from './formats.ts';
export * from './transcript.ts';
