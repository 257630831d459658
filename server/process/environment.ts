/**
 * Variables a child process needs to find programs and libraries, its home, its language and its share of the machine.
 * Everything else stays here: API keys, tokens and options of the server are nothing a process that decodes foreign files
 * or runs a downloaded model has to know.
 */
const NAMES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TMP', 'TEMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', 'MALLOC_ARENA_MAX'],
  ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR'],
  ...['UV_THREADPOOL_SIZE', 'NODE_ICU_DATA', 'NODE_NO_WARNINGS'],
  // Windows starts few programs without them. Its names have no case.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'PROGRAMFILES', 'PROGRAMDATA', 'PROGRAMFILES(X86)'],
  ...['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'NUMBER_OF_PROCESSORS'],
  ...['PROCESSOR_ARCHITECTURE', 'PROCESSOR_IDENTIFIER'],
]);
/** Languages, threads and numeric libraries, accelerators. */
const PREFIXES: readonly string[] = [
  ...['LC_', 'OMP_', 'GOMP_', 'KMP_', 'OPENBLAS_', 'MKL_', 'GGML_'],
  ...['CUDA_', 'NVIDIA_', 'HIP_', 'HSA_', 'ROCR_', 'VK_', 'GLSLC_', 'MTL_'],
];
/** A name that says it holds a secret is never passed on, whatever it begins with. */
const SECRET = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/;
/** Loaders of TypeScript come to a program that is run from its sources through these. */
const LOADER_NAMES: ReadonlySet<string> = new Set(['NODE_OPTIONS', 'TSX_TSCONFIG_PATH']);

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of a child process.
 * @param isSource Whether the program is TypeScript, which needs the loader that runs this process.
 */
export function buildChildEnvironment(all: Environment, isSource = false): Record<string, string> {
  const isPassed = (name: string): boolean =>
    !SECRET.test(name) &&
    (NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix)) || (isSource && LOADER_NAMES.has(name)));
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      return value !== undefined && isPassed(name.toUpperCase());
    }),
  );
}

/** The environment for a program of ours at `path`. */
export function buildProgramEnvironment(path: string): Record<string, string> {
  return buildChildEnvironment(process.env, path.endsWith('.ts'));
}
