import { Fault, type Start } from '../../../protocol/index.ts';
import type { SessionSettings } from './settings.ts';

/** What the server offers and starts sessions with. */
export interface Offer {
  readonly model: string;
  readonly languages: 'all' | readonly string[];
  readonly language: string;
  readonly partialEveryMs: number;
  readonly endpoint: { readonly minMs: number; readonly maxMs: number };
  readonly cleanup: 'llm' | 'openai' | 'rules' | 'off';
}

/** The client's `start` over the server's options. Throws `model.unknown` or `command.option`. */
export function settingsOf(start: Start, offer: Offer): SessionSettings {
  if (start.model !== undefined && start.model !== offer.model) {
    throw new Fault('model.unknown', { model: start.model, want: `this server offers ${offer.model}` });
  }
  const task = start.task ?? 'transcribe';
  if (task === 'translate' && offer.languages !== 'all') {
    throw new Fault('command.option', {
      name: 'task',
      got: 'translate',
      want: `transcribe: ${offer.model} knows English only`,
    });
  }
  const language = languageOf(start.language ?? offer.language, offer);
  return {
    channels: start.audio?.channelMode === 'separate' ? start.audio.channels : 1,
    language,
    languages: start.languages ?? [],
    task,
    model: undefined,
    vocabulary: start.vocabulary ?? [],
    partials: { mode: start.partials?.mode ?? 'revisable', everyMs: start.partials?.everyMs ?? offer.partialEveryMs },
    cleanup: {
      mode: start.cleanup?.mode ?? (offer.cleanup === 'off' ? 'off' : 'default'),
      instruction: start.cleanup?.instruction ?? '',
    },
    endpoint: endpointOf(start.endpoint, offer.endpoint),
  };
}

/** A model of one language hears that language, whatever is detected. Throws `command.option` for one it does not know. */
export function languageOf(asked: string, offer: Pick<Offer, 'languages' | 'model'>): string {
  if (offer.languages === 'all') {
    if (asked === 'auto' || WHISPER_LANGUAGES.has(asked)) return asked;
    throw new Fault('command.option', {
      name: 'language',
      got: asked,
      want: 'auto or a language code Whisper knows, such as en',
    });
  }
  if (asked === 'auto') return offer.languages[0]!;
  if (offer.languages.includes(asked)) return asked;
  throw new Fault('command.option', {
    name: 'language',
    got: asked,
    want: `${offer.languages.join(' or ')}: ${offer.model} knows nothing else`,
  });
}

function endpointOf(asked: Start['endpoint'], offer: Offer['endpoint']): Offer['endpoint'] {
  const minMs = asked?.minMs ?? offer.minMs;
  return { minMs, maxMs: Math.max(minMs, asked?.maxMs ?? offer.maxMs) };
}

/** The 99 languages of the published multilingual weights (and Cantonese, which large-v3 adds). */
export const WHISPER_LANGUAGES: ReadonlySet<string> = new Set(
  (
    'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml ' +
    'cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am ' +
    'yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue'
  ).split(' '),
);
