import { PUBLISHED_MODELS } from './published-models.ts';

/** The purpose of a model. */
export type ModelKind = 'speech' | 'cleanup' | 'vad' | 'turn';

export interface ModelEntry {
  /** The name people write after `--model`. */
  readonly name: string;
  readonly kind: ModelKind;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** `all` means Whisper's 99 languages. */
  readonly languages: 'all' | readonly string[];
  readonly licence: string;
  /** Ships with the project, so it needs no download. */
  readonly embedded: boolean;
  readonly url: string;
  /** Other names for the same file. */
  readonly aliases: readonly string[];
}

/** Host that publishes the ggml files; `--mirror` replaces it. */
export const DEFAULT_SOURCE = 'https://huggingface.co';

/** These are shipped as their q8_0 files under the short name; the full-precision files are called `…-f16`. */
const EMBEDDED = new Map([
  ['base-q8_0', 'base'],
  ['tiny.en-q8_0', 'tiny.en'],
]);

/** All models known by name, the embedded ones first. */
export const MODELS: readonly ModelEntry[] = [
  ...PUBLISHED_MODELS.files.map(toSpeechEntry).sort((a, b) => Number(b.embedded) - Number(a.embedded)),
  {
    name: 'sotto-clean',
    kind: 'cleanup',
    file: 'sotto-clean.gguf',
    bytes: 6_632_000,
    sha256: '41f0e9fe67a8f521eabbac204e5b6268e800898874df5c9b4384c353de49eae4',
    languages: ['en'],
    licence: 'Apache-2.0',
    embedded: true,
    url: '',
    aliases: [],
  },
  {
    name: 'smart-turn',
    kind: 'turn',
    file: 'smart-turn-v3.2-cpu.onnx',
    bytes: 8_679_182,
    sha256: '2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f',
    languages: 'ar bn da de en es fi fr hi id it ja ko mr nl no pl pt ru tr uk vi zh'.split(' '),
    licence: 'BSD-2-Clause',
    embedded: true,
    url: '',
    aliases: [],
  },
  {
    name: 'silero-vad',
    kind: 'vad',
    file: 'silero_vad_v6.onnx',
    bytes: 2_327_524,
    sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
    languages: 'all',
    licence: 'MIT',
    embedded: true,
    url: '',
    aliases: [],
  },
];

/** Finds a model by name or alias. */
export function findModel(name: string): ModelEntry | undefined {
  return MODELS.find((model) => model.name === name || model.aliases.includes(name));
}

function toSpeechEntry(row: (typeof PUBLISHED_MODELS.files)[number]): ModelEntry {
  const shortName = EMBEDDED.get(row.name);
  const shadowed = [...EMBEDDED.values()].includes(row.name);
  return {
    name: shortName ?? (shadowed ? `${row.name}-f16` : row.name),
    kind: 'speech',
    file: row.file,
    bytes: row.bytes,
    sha256: row.sha256,
    languages: row.languages === 'en' ? ['en'] : 'all',
    licence: PUBLISHED_MODELS.licence,
    embedded: shortName !== undefined,
    url: `${DEFAULT_SOURCE}/${PUBLISHED_MODELS.repository}/resolve/${PUBLISHED_MODELS.revision}/${row.file}`,
    aliases: shortName === undefined ? [] : [row.name],
  };
}
