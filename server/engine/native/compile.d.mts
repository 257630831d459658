/** What a build is for, and its compilers. */
export interface Target {
  readonly platform: string;
  readonly arch: string;
  readonly cc: string;
  readonly cxx: string;
  /** More flags for the linker. */
  readonly linkFlags?: readonly string[];
}

/** Flags of one set of kernels. Its name is that of a namespace in C++. */
export interface KernelSetFlags {
  readonly name: string;
  readonly flags: readonly string[];
}

/** One compilation of one source. */
export interface Unit {
  /** As `sources.json` names it. */
  readonly source: string;
  readonly object: string;
  readonly command: string;
  readonly args: readonly string[];
  /** About how long it takes, of which the order and the progress are made. */
  readonly seconds: number;
}

export function readTarget(
  platform: string,
  arch: string,
  environment: Readonly<Record<string, string | undefined>>,
): Target;
export function isSupported(target: Target): boolean;
export function getWhisperFolder(): string;
export function listKernelSets(target: Target): KernelSetFlags[];
export function listUnits(target: Target, folder: string, sets?: readonly KernelSetFlags[]): Unit[];

export interface BuildOptions {
  /** For objects; those that are up to date are kept. */
  readonly folder: string;
  /** Path of the addon. */
  readonly output: string;
  /** Compilations side by side. */
  readonly jobs: number;
  /** Receives commands and the compiler's messages. */
  readonly log: NodeJS.WritableStream;
  /** Receives the share that is done, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** Rejects at the first file that does not compile. */
export function buildAddon(target: Target, options: BuildOptions): Promise<void>;
