/** Entry point for clients. Schemas live in `sotto/protocol`; only their types are exported here, so that pages stay small. */
export type * from '../../protocol/audio.ts';
export type * from '../../protocol/commands.ts';
export type * from '../../protocol/events.ts';
export * from '../../protocol/faults.ts';
export * from '../../protocol/limits.ts';
export type * from '../../protocol/transcripts.ts';
export type * from '../../protocol/viewer-events.ts';
export * from '../../transcript/sentence-text.ts';

import './async-dispose.ts';

export * from './connection.ts';
export * from './formats.ts';
export type * from './resume-point.ts';
export * from './session.ts';
export * from './socket.ts';
export * from './transcript.ts';
export * from './transcripts.ts';
export * from './viewer.ts';
