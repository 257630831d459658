import { PIPELINE } from '../core/session/settings.ts';

/** One setting of the server. The table below is the help text, the validation and the documentation. */
export interface Option {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'list';
  readonly default: string | number | boolean | readonly string[] | undefined;
  readonly doc: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Never shown in full. */
  readonly secret?: boolean;
}

const { vad, endpoint, commit, show, segment } = PIPELINE;

/** Every setting, by its flag without the dashes; `SOTTO_` and capitals make its environment variable. */
export const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1', doc: 'Address to listen on. Anything but loopback needs keys.' },
  port: {
    type: 'integer',
    default: 8080,
    min: 0,
    max: 65_535,
    doc: 'Port for the page and the streams; 0 takes a free one.',
  },
  transport: {
    type: 'string',
    default: 'ws',
    choices: ['ws', 'uws'],
    doc: 'What serves the sockets; `uws` needs uWebSockets.js, installed by you.',
  },
  model: {
    type: 'string',
    default: 'base',
    doc: 'Speech model: a name from `sotto models list`, a path, or a URL, fetched at the first start.',
  },
  'small-model': {
    type: 'string',
    default: undefined,
    doc: 'A second, smaller model; under load English sessions that pinned no model are moved to it at a sentence’s end.',
  },
  offline: { type: 'boolean', default: false, doc: 'Fetch nothing; a model that is not here is a fault.' },
  engine: {
    type: 'string',
    default: 'auto',
    choices: ['auto', 'native', 'stock'],
    doc: 'Speech engine; `auto` takes the native one when it is built.',
  },
  slots: { type: 'integer', default: 0, min: 0, max: 64, doc: 'Decodes at the same time; 0 is one per core.' },
  language: { type: 'string', default: 'auto', doc: 'Language of sessions that name none.' },
  'sessions-max': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 10_000,
    doc: 'Live sessions; more are refused. 0 admits as many as the measured load allows.',
  },
  cleanup: { type: 'string', default: 'llm', choices: ['llm', 'openai', 'rules', 'off'], doc: 'Who cleans finals.' },
  'cleanup-model': {
    type: 'string',
    default: 'sotto-clean',
    doc: 'For `llm` a name, a GGUF path or its URL; for `openai` a model of that server.',
  },
  'cleanup-url': { type: 'string', default: undefined, doc: 'For `openai`: base URL up to and with /v1.' },
  'cleanup-key': { type: 'string', default: undefined, secret: true, doc: 'For `openai`: API key, if it wants one.' },
  'clean-timeout-ms': {
    type: 'integer',
    default: 4_000,
    min: 50,
    max: 120_000,
    doc: 'A later rewrite is not used; the rules clean the sentence.',
  },
  'partial-every-ms': {
    type: 'integer',
    default: PIPELINE.partialEveryMs,
    min: 100,
    max: 10_000,
    doc: 'New audio between two partials of a sentence.',
  },
  'endpoint-min-ms': {
    type: 'integer',
    default: endpoint.minMs,
    min: 100,
    max: 5_000,
    doc: 'Silence that ends speech after a finished sentence.',
  },
  'endpoint-max-ms': {
    type: 'integer',
    default: endpoint.maxMs,
    min: 200,
    max: 10_000,
    doc: 'Silence that ends speech after an unfinished phrase.',
  },
  'speculative-ms': {
    type: 'integer',
    default: endpoint.speculativeMs,
    min: 60,
    max: 1_000,
    doc: 'Silence after which the final decode starts, in case the speech is over.',
  },
  commit: {
    type: 'string',
    default: commit.policy,
    choices: ['trust', 'agreement', 'edge', 'plain'],
    doc: 'When words become stable; `plain` is LocalAgreement-2 as published.',
  },
  'commit-chance': {
    type: 'number',
    default: commit.chance,
    min: 0,
    max: 1,
    doc: 'With `trust`: how likely a word must be right to be stable.',
  },
  'commit-edge-ms': {
    type: 'integer',
    default: commit.edgeMs,
    min: 0,
    max: 5_000,
    doc: 'A word this near the end of the audio is never stable.',
  },
  'commit-confidence': {
    type: 'number',
    default: commit.earlyConfidence,
    min: 0,
    max: 2,
    doc: 'With `agreement`: a word this sure is stable after one decode; above 1 never.',
  },
  'commit-early-ms': {
    type: 'integer',
    default: commit.earlyMs,
    min: 0,
    max: 10_000,
    doc: 'How far behind the end of the audio such a word must be.',
  },
  'show-chance': {
    type: 'number',
    default: show.chance,
    min: 0,
    max: 1,
    doc: 'How likely a word must be to stay to be shown before it is stable.',
  },
  'segment-soft-ms': {
    type: 'integer',
    default: segment.softMs,
    min: 3_000,
    max: 28_000,
    doc: 'Speech longer than this is cut at a comma or gap behind the stable words shown; half as long again, anywhere.',
  },
  'segment-hard-ms': {
    type: 'integer',
    default: segment.hardMs,
    min: 5_000,
    max: 28_000,
    doc: 'Speech longer than this is cut at its quietest place.',
  },
  'final-window': {
    type: 'integer',
    default: 512,
    min: 0,
    max: 1_500,
    doc: 'Least encoder window of finals, frames of 20 ms.',
  },
  'partial-window': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_500,
    doc: 'Least encoder window of partials, frames of 20 ms.',
  },
  'final-beams': {
    type: 'integer',
    default: 1,
    min: 1,
    max: 8,
    doc: 'Beams of a final’s search; 1 is greedy and has the better guard against loops. Native engine only.',
  },
  'final-retries': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 5,
    doc: 'Times a final that the model itself doubts is decoded again, each 0.2 warmer. Native engine only.',
  },
  'context-chars': {
    type: 'integer',
    default: PIPELINE.contextChars,
    min: 0,
    max: 600,
    doc: 'How much of the finals before goes into the recogniser’s prompt.',
  },
  'forced-prefix': {
    type: 'boolean',
    default: PIPELINE.forcedPrefix,
    doc: 'Feed stable words to the recogniser instead of decoding them again.',
  },
  'vad-open': {
    type: 'number',
    default: vad.open,
    min: 0.05,
    max: 0.99,
    doc: 'Probability at which silence becomes speech.',
  },
  'vad-close': {
    type: 'number',
    default: vad.close,
    min: 0.01,
    max: 0.99,
    doc: 'Probability below which speech becomes silence.',
  },
  'min-speech-ms': {
    type: 'integer',
    default: vad.minSpeechMs,
    min: 32,
    max: 2_000,
    doc: 'Shorter sounds are not decoded.',
  },
  'pause-ms': {
    type: 'integer',
    default: 2_000,
    min: 200,
    max: 60_000,
    doc: 'When no audio comes for this long, what was said is finalised.',
  },
  'resume-grace-ms': {
    type: 'integer',
    default: 60_000,
    min: 0,
    max: 3_600_000,
    doc: 'How long a session waits for a client whose connection was lost, then it is finalised; 0 is not at all.',
  },
  journal: {
    type: 'boolean',
    default: true,
    doc: 'Write open sessions down in the data folder, so that they survive a crash of the server.',
  },
  'journal-sync': {
    type: 'string',
    default: 'never',
    choices: ['never', 'always'],
    doc: 'With `always` every write reaches the disk before the client is told, so that sessions survive a power cut, too.',
  },
  'journal-max-mb': {
    type: 'integer',
    default: 1_024,
    min: 1,
    max: 1_048_576,
    doc: 'Most that all journals may take up; sessions beyond it go on without.',
  },
  keep: {
    type: 'string',
    default: 'asked',
    choices: ['asked', 'all', 'off'],
    doc: 'Whose transcripts are kept in the data folder: of sessions that ask, of all, or of none.',
  },
  'keep-days': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 36_500,
    doc: 'Kept transcripts that nobody changed for so many days are deleted; 0 keeps them for ever.',
  },
  'assistant-url': {
    type: 'string',
    default: undefined,
    doc: 'OpenAI-compatible server that writes summaries: base URL up to and with /v1.',
  },
  'assistant-model': {
    type: 'string',
    default: undefined,
    doc: 'A model of that server; without a URL a GGUF instruct model: a name, a path or its URL.',
  },
  'assistant-key': {
    type: 'string',
    default: undefined,
    secret: true,
    doc: 'API key of that server, if it wants one.',
  },
  'decode-timeout-ms': {
    type: 'integer',
    default: 60_000,
    min: 1_000,
    max: 600_000,
    doc: 'A longer decode counts as hung, a shorter one where decodes are quick: its worker is replaced, the audio decoded again.',
  },
  'worker-memory-mb': {
    type: 'integer',
    default: 4_096,
    min: 256,
    max: 262_144,
    doc: 'A worker or cleaner that grows beyond this is replaced.',
  },
  'drain-timeout-ms': {
    type: 'integer',
    default: 10_000,
    min: 0,
    max: 600_000,
    doc: 'How long a stopping server waits for its sessions.',
  },
  'allowed-origins': {
    type: 'list',
    default: [],
    doc: 'Web origins besides this server’s own whose pages may connect.',
  },
  access: {
    type: 'string',
    default: 'auto',
    choices: ['auto', 'keys', 'open'],
    doc: 'Who may come in: with `keys` only who has one (`sotto keys add`); `auto` is that on all but loopback addresses.',
  },
  insecure: {
    type: 'boolean',
    default: false,
    doc: 'Let everybody in on other addresses than loopback, too.',
  },
  'sessions-per-key': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 10_000,
    doc: 'Live sessions one key may have; 0 is as many as the server.',
  },
  'sessions-per-address': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 10_000,
    doc: 'Live sessions one address may have; 0 is as many as the server.',
  },
  'viewers-max': {
    type: 'integer',
    default: 5_000,
    min: 0,
    max: 100_000,
    doc: 'Viewers of all rooms; more are refused.',
  },
  'viewers-per-room': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 100_000,
    doc: 'Viewers one room may have; 0 is as many as the server.',
  },
  'viewers-per-address': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 100_000,
    doc: 'Viewers one address may have, such as the network of a hall; 0 is as many as the server.',
  },
  data: {
    type: 'string',
    default: undefined,
    doc: 'Folder for keys, certificates and what must survive a restart; by default `sotto` in the user’s data folder.',
  },
  'tls-cert': {
    type: 'string',
    default: undefined,
    doc: 'PEM file of the certificate to serve HTTPS with, those that vouch for it after it.',
  },
  'tls-key': { type: 'string', default: undefined, doc: 'PEM file of its private key, without a passphrase.' },
  'tls-self-signed': {
    type: 'boolean',
    default: false,
    doc: 'Serve HTTPS with a certificate made here, for development; it is kept in the data folder.',
  },
  'wyoming-port': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 65_535,
    doc: 'TCP port for Home Assistant (Wyoming), by custom 10300; 0 is none.',
  },
  'wyoming-host': {
    type: 'string',
    default: '127.0.0.1',
    doc: 'Address of that port. Anything but loopback needs `wyoming-allow`: the protocol has no keys.',
  },
  'wyoming-allow': {
    type: 'list',
    default: [],
    doc: 'Addresses that may connect to that port; none named is all that can reach it.',
  },
  vad: { type: 'string', default: 'silero', choices: ['silero', 'energy'], doc: 'Voice activity detector.' },
  'log-level': {
    type: 'string',
    default: 'warn',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    doc: 'What goes to the log on stderr. Never any words.',
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

type ValueOf<O extends Option> = O['type'] extends 'integer' | 'number'
  ? number
  : O['type'] extends 'boolean'
    ? boolean
    : O['type'] extends 'list'
      ? readonly string[]
      : O['default'] extends undefined
        ? string | undefined
        : string;

export type Config = { readonly [N in OptionName]: ValueOf<(typeof OPTIONS)[N]> };
