export * from './audio.ts';
export * from './codec.ts';
export * from './commands.ts';
export * from './events.ts';
export * from './faults.ts';
export * from './limits.ts';
export * from './read-event.ts';
export * from './version.ts';
