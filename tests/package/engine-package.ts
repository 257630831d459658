import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildAddon, readTarget, type Target } from '../../server/engine/native/compile.mjs';
import { type Manifest, ROOT } from './manifest.ts';

/** The platforms that have a package with the native engine. `libc` is the C library that the binary needs. */
export const ENGINE_PLATFORMS = [
  { os: 'linux', cpu: 'x64', libc: 'glibc' },
  { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { os: 'darwin', cpu: 'x64' },
  { os: 'darwin', cpu: 'arm64' },
] as const;

type EnginePlatform = (typeof ENGINE_PLATFORMS)[number];

/**
 * Libraries of the compiler become part of the binary, and names of local functions are dropped, so that it needs
 * nothing but the C library of the system and is small.
 */
const LINK_FLAGS: Readonly<Record<string, readonly string[]>> = {
  linux: ['-static-libstdc++', '-static-libgcc', '-s'],
  darwin: ['-Wl,-x'],
};

export function getEngineName({ os, cpu }: Pick<EnginePlatform, 'os' | 'cpu'>): string {
  return `sotto-engine-${os}-${cpu}`;
}

/** What npm must know of the packages, in a manifest or a lock file. */
export function describeEngine(platform: EnginePlatform): object {
  return { os: [platform.os], cpu: [platform.cpu], ...('libc' in platform ? { libc: [platform.libc] } : {}) };
}

/** Builds the engine of this machine into `folder`, with all that its package holds. Returns the package's name. */
export async function writeEnginePackage(folder: string, { version, license }: Manifest): Promise<string> {
  const platform = ENGINE_PLATFORMS.find(({ os, cpu }) => os === process.platform && cpu === process.arch);
  if (platform === undefined) throw new Error(`there is no package for ${process.platform} on ${process.arch}`);
  const name = getEngineName(platform);
  const manifest = {
    name,
    version,
    description: `The native engine of Sotto, for ${platform.os} on ${platform.cpu}.`,
    license,
    ...describeEngine(platform),
    main: 'sotto_whisper.node',
    files: ['sotto_whisper.node'],
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await copyFile(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  await writeFile(join(folder, 'README.md'), `# ${name}\n\n${manifest.description} \`npm install sotto\` brings it.\n`);
  await link(join(folder, 'sotto_whisper.node'));
  return name;
}

/** Uses the objects of the build in the checkout as far as they are up to date. */
async function link(output: string): Promise<void> {
  const build = join(ROOT, 'server', 'engine', 'native', 'build');
  await mkdir(build, { recursive: true });
  const log = createWriteStream(join(build, 'package.log'));
  const linkFlags = LINK_FLAGS[process.platform] ?? [];
  const target: Target = { ...readTarget(process.platform, process.arch, process.env), linkFlags };
  try {
    const folder = join(build, 'objects');
    await buildAddon(target, { folder, output, jobs: availableParallelism(), log, onProgress: () => {} });
  } finally {
    log.end();
  }
}
