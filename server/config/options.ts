import type { Option } from './option.ts';
import { PIPELINE_OPTIONS } from './pipeline-options.ts';
/** Every setting, by its flag without the dashes. Its environment variable is the same in capitals, after `SOTTO_`. */
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
    default: 'auto',
    doc: 'Speech model: `auto` takes the best one here that is quick enough on this machine; else a name from `sotto models list`, a path, or a URL, fetched at the first start.',
  },
  'small-model': {
    type: 'string',
    default: 'auto',
    doc: 'A second, smaller model, or `none`; under load English sessions that pinned no model are moved to it at a sentence’s end. `auto`: with `--model auto` an English one, else none.',
  },
  'second-model': {
    type: 'string',
    default: 'auto',
    doc: 'Model that hears sentences a second time, when there is time, for `revised`: `auto` is the session’s own, and for English that names no model the small one besides; `none` turns it off; else as for `model`. Native engine only.',
  },
  measure: {
    type: 'boolean',
    default: true,
    doc: 'Measure at the first start, while nobody uses the server, how many streams this machine carries and what better models would cost; kept in the data folder.',
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
  ...PIPELINE_OPTIONS,
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
  'keep-audio': {
    type: 'boolean',
    default: false,
    doc: 'Sessions may have their audio kept beside their transcript (`keep: {audio: true}`), until it is deleted.',
  },
  'keep-days': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 36_500,
    doc: 'Stored transcripts that nobody changed for so many days are deleted; 0 keeps them for ever.',
  },
  'transcripts-max-mb': {
    type: 'integer',
    default: 4_096,
    min: 0,
    max: 1_048_576,
    doc: 'Megabytes that the stored transcripts of all keys may take; what would take more is refused. 0 is no bound.',
  },
  'transcripts-per-key-max-mb': {
    type: 'integer',
    default: 1_024,
    min: 0,
    max: 1_048_576,
    doc: 'The same for the transcripts of one key.',
  },
  'assistant-url': {
    type: 'string',
    default: undefined,
    doc: 'OpenAI-compatible server that writes summaries and translates: base URL up to and with /v1.',
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
  'translate-with': {
    type: 'string',
    default: 'auto',
    choices: ['auto', 'whisper', 'assistant'],
    doc: 'Who translates captions into English: the assistant, or a multilingual speech model by hearing them again. `auto`: the assistant where there is one.',
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
  'turn-detector': {
    type: 'string',
    default: 'smart-turn',
    choices: ['smart-turn', 'none'],
    doc: 'Model that hears in a pause whether the speaker is done; with `none` only the text says so.',
  },
  vad: {
    type: 'string',
    default: 'silero',
    choices: ['silero', 'legacy', 'energy'],
    doc: 'Voice activity detector: Silero 6, the older Silero 4, or one that goes by the level.',
  },
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
