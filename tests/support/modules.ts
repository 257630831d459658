/** Module -> the modules it may import. Read from top to bottom: nothing points up. */
export const MODULES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  transcript: ['protocol'],
  models: ['protocol'],
  'server/core': ['protocol', 'transcript'],
  'server/ports': ['protocol', 'transcript', 'server/core'],
  'server/flow': ['protocol', 'server/core', 'server/ports'],
  'server/transport': ['protocol', 'server/core', 'server/ports', 'server/files'],
  'server/dialect': ['protocol', 'transcript', 'server/core', 'server/ports'],
  'server/decoder': ['protocol', 'server/core', 'server/ports', 'server/process'],
  // The decoding process; started by path.
  'server/decoder/child': ['server/ports', 'server/decoder', 'server/process/child'],
  // Language models, for whoever asks one: a server's or a GGUF file's.
  'server/llm': ['protocol', 'server/core', 'server/ports', 'server/process'],
  // The process of a GGUF model; started by path.
  'server/llm/child': ['server/llm', 'server/process/child'],
  // Keeps child processes running.
  'server/process': ['protocol', 'server/core', 'server/ports'],
  // What every child process does besides its own work.
  'server/process/child': [],
  'server/vad': ['protocol', 'server/core', 'server/ports'],
  'server/engine': ['protocol', 'server/core', 'server/ports', 'server/process', 'server/engine/native'],
  'server/engine/child': ['server/core', 'server/engine', 'server/engine/native', 'server/process/child'],
  'server/engine/native': [],
  'server/access': ['protocol', 'server/core', 'server/ports', 'server/files'],
  'server/store': ['protocol', 'transcript', 'server/core', 'server/ports', 'server/process', 'server/files'],
  // The thread that works on the transcript file; started by path.
  'server/store/thread': ['server/ports', 'server/store'],
  // Puts files and their names on the disk.
  'server/files': [],
  'server/cleaner': ['protocol', 'server/core', 'server/ports', 'server/process', 'server/llm'],
  'server/assistant': ['protocol', 'server/core', 'server/ports', 'server/process', 'server/llm'],
  'server/observe': ['protocol', 'server/core', 'server/ports'],
  // The option table takes its defaults from the core's own numbers.
  'server/config': ['protocol', 'server/core'],
  'server/gateway': ['protocol', 'transcript', 'server/core', 'server/ports', 'server/flow'],
  'client/sdk': ['protocol', 'transcript'],
  'client/web': ['protocol', 'transcript', 'client/sdk'],
  'client/cli': ['protocol', 'transcript', 'client/sdk', 'client/cli/dictate/core', 'client/cli/captions/core'],
  // What dictation decides: what was said -> what is done in the field.
  'client/cli/dictate/core': ['protocol', 'transcript'],
  // How captions are cut and paced for other programs.
  'client/cli/captions/core': ['protocol', 'transcript'],
};
/** Puts the parts together, so it may see all of them. */
export const COMPOSITION = ['server/main.ts', 'server/compose', 'server/admin'];
export const isComposition = (path: string): boolean =>
  COMPOSITION.some((each) => path === each || path.startsWith(`${each}/`));
/** Modules that read no clock, open nothing and wait for nothing. */
export const PURE = ['protocol', 'transcript', 'server/core', 'client/cli/dictate/core', 'client/cli/captions/core'];

/** Every module by its name in the picture: those with walls first. */
export const MODULE_NAMES: readonly string[] = [...Object.keys(MODULES), ...COMPOSITION];
