/** What the pages share, each with the ones above it. */
const WEB_SHARED: Readonly<Record<string, readonly string[]>> = {
  'client/web/storage': [],
  'client/web/audio': [],
  'client/web/i18n': ['protocol'],
  'client/web/server': ['protocol'],
  'client/web/ui': [
    'protocol',
    'client/sdk',
    ...['client/web/audio', 'client/web/i18n', 'client/web/server', 'client/web/storage'],
  ],
  'client/web/auth': ['protocol', 'client/web/i18n', 'client/web/storage', 'client/web/ui'],
  'client/web/rooms': [
    ...['protocol', 'transcript', 'client/sdk', 'client/web/auth', 'client/web/i18n'],
    ...['client/web/server', 'client/web/storage', 'client/web/ui'],
  ],
};
const PAGE_IMPORTS = ['protocol', 'transcript', 'client/sdk', ...Object.keys(WEB_SHARED)];

/** Module -> the modules it may import. Read from top to bottom: nothing points up. */
export const MODULES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  transcript: ['protocol'],
  models: ['protocol'],
  // Reads recordings of any format, for the server and the command line.
  'server/libav': [],
  // The thread that libav decodes in; started by path.
  'server/libav/thread': ['server/libav'],
  'server/core': ['protocol', 'transcript'],
  'server/ports': ['protocol', 'transcript', 'server/core'],
  'server/flow': ['protocol', 'server/core', 'server/ports'],
  'server/transport': ['protocol', 'server/core', 'server/ports', 'server/files'],
  'server/dialect': ['protocol', 'transcript', 'server/core', 'server/ports'],
  'server/decoder': ['protocol', 'server/core', 'server/ports', 'server/process'],
  // The decoding process; started by path.
  'server/decoder/child': ['server/core', 'server/ports', 'server/decoder', 'server/process/child', 'server/libav'],
  // Language models, for whoever asks one: a server's or a GGUF file's.
  'server/llm': ['protocol', 'server/core', 'server/ports', 'server/process'],
  // The process of a GGUF model; started by path.
  'server/llm/child': ['server/llm', 'server/process/child'],
  // Keeps child processes running.
  'server/process': ['protocol', 'server/core', 'server/ports'],
  // What every child process does besides its own work.
  'server/process/child': [],
  'server/turn': ['protocol', 'server/core', 'server/ports', 'server/process'],
  // The thread that the turn detector computes in; started by path.
  'server/turn/thread': ['server/turn'],
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
  ...WEB_SHARED,
  // How the text of a room becomes lines of captions, on the overlay and in the preview of its settings.
  'client/web/roll-up': ['transcript', 'client/web/rooms', 'client/web/ui'],
  // The pages. None imports from another.
  'client/web/live': PAGE_IMPORTS,
  'client/web/meeting': PAGE_IMPORTS,
  'client/web/captions': PAGE_IMPORTS,
  'client/web/overlay': [...PAGE_IMPORTS, 'client/web/roll-up'],
  'client/web/overlay-settings': [...PAGE_IMPORTS, 'client/web/roll-up'],
  'client/cli': [
    ...['protocol', 'transcript', 'server/libav', 'client/sdk'],
    ...['client/cli/dictate/core', 'client/cli/captions/core'],
  ],
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

const toPictureName = (module: string): string => (module.startsWith('client/web/') ? 'client/web' : module);
/** Every module by its name in the picture: those with walls first, and the pages as one. */
export const MODULE_NAMES: readonly string[] = [...new Set(Object.keys(MODULES).map(toPictureName)), ...COMPOSITION];
