/**
 * Variables that a child process needs to find programs and libraries, its home, its language and its share of the machine.
 * All others are withheld: a process that decodes foreign files or runs a downloaded model has no use for the server's API
 * keys, tokens and options.
 */
const NAMES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TMP', 'TEMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', 'MALLOC_ARENA_MAX'],
  ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR'],
  ...['UV_THREADPOOL_SIZE', 'NODE_ICU_DATA', 'NODE_NO_WARNINGS'],
  // The native engine's set of kernels.
  'SOTTO_KERNELS',
  // Few programs start on Windows without these. Names there ignore case.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'PROGRAMFILES', 'PROGRAMDATA', 'PROGRAMFILES(X86)'],
  ...['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'NUMBER_OF_PROCESSORS'],
  ...['PROCESSOR_ARCHITECTURE', 'PROCESSOR_IDENTIFIER'],
]);
/** Languages, threads and numeric libraries, accelerators. */
const PREFIXES: readonly string[] = [
  ...['LC_', 'OMP_', 'GOMP_', 'KMP_', 'OPENBLAS_', 'MKL_', 'GGML_'],
  ...['CUDA_', 'NVIDIA_', 'HIP_', 'HSA_', 'ROCR_', 'VK_', 'GLSLC_', 'MTL_'],
];
/** Variables with such a name are never passed on, whatever prefix they have. */
const SECRET = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/;
/** These carry the TypeScript loader to a program that is run from its sources. */
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

/** The environment for one of Sotto's own programs, at `path`. */
export function buildProgramEnvironment(path: string): Record<string, string> {
  return buildChildEnvironment(process.env, path.endsWith('.ts'));
}

/** The set of kernels that the operator asks of the native engine; empty for the best that the processor runs. */
export function getRequestedKernels(): string {
  return process.env.SOTTO_KERNELS ?? '';
}
