import { type Configure, Fault, type Start } from '../../../protocol/index.ts';
import { removeScript } from '../script/chinese-script.ts';
import type { EndpointOptions } from '../speech/endpoint.ts';
import { changeEndpoint, type SessionSettings } from './settings.ts';

/** A speech model and the languages it knows. */
export interface OfferedModel {
  readonly model: string;
  readonly languages: 'all' | readonly string[];
}

/** What the server offers, and its defaults for sessions. */
export interface ServerOffer extends OfferedModel {
  /** A second model that sessions may ask for. */
  readonly small?: OfferedModel | undefined;
  /** Whether that one hears English sessions that name no model, because the server's own is too slow on this machine. */
  readonly isEnglishSmall?: boolean | undefined;
  /** The model that hears sentences a second time; undefined where none does. */
  readonly second?: OfferedModel | undefined;
  readonly language: string;
  readonly partialEveryMs: number;
  readonly endpoint: EndpointOptions;
  readonly cleanup: 'llm' | 'openai' | 'rules' | 'off';
  /** Name of the instruct model that translates; undefined when there is none. */
  readonly assistant?: string | undefined;
  /** Name of the speech model that translates into English; undefined when none does. */
  readonly english?: string | undefined;
}

/** Merges the client's `start` with the server's options. Throws `model.unknown` or `command.option`. */
export function resolveSettings(start: Start, offer: ServerOffer): SessionSettings {
  const model = modelFor(start.model, offer);
  const task = start.task ?? 'transcribe';
  if (task === 'translate' && model.languages !== 'all') {
    throw new Fault('command.option', {
      name: 'task',
      got: 'translate',
      want: `transcribe, or ask for a model that knows more languages: ${model.model} knows English only`,
    });
  }
  const language = resolveLanguage(start.language ?? offer.language, model);
  return {
    channels: start.audio?.channelMode === 'separate' ? start.audio.channels : 1,
    language,
    languages: resolveLanguages(start.languages ?? [], model),
    task,
    model: start.model,
    vocabulary: start.vocabulary ?? [],
    source: start.source ?? 'live',
    partials: { mode: resolvePartialMode(start), everyMs: start.partials?.everyMs ?? offer.partialEveryMs },
    cleanup: {
      mode: start.cleanup?.mode ?? (offer.cleanup === 'off' ? 'off' : 'default'),
      instruction: start.cleanup?.instruction ?? '',
    },
    endpoint: resolveEndpoint(start.endpoint, offer.endpoint),
    translations: resolveTranslations(start.translations ?? [], offer, model),
    revise: (start.revise ?? start.source !== 'recording') && offer.second !== undefined,
  };
}

/** A recording is decoded in stretches, between which nothing can be shown. */
const resolvePartialMode = ({ source, partials }: Start): SessionSettings['partials']['mode'] =>
  source === 'recording' ? 'off' : (partials?.mode ?? 'revisable');

function resolveTranslations(
  asked: readonly string[],
  { assistant, english }: ServerOffer,
  { languages }: OfferedModel,
): string[] | undefined {
  const refuse = (got: string, want: string): never => {
    throw new Fault('command.option', { name: 'translations', got, want });
  };
  const toEnglish = english !== undefined && languages === 'all';
  if (assistant === undefined && !toEnglish)
    return asked.length === 0
      ? undefined
      : refuse(
          asked.join(', '),
          'none: this server has no model that translates; it is started with --assistant-model, or for English with a multilingual --model',
        );
  const other = asked.find((language) => language !== 'en');
  if (assistant === undefined && other !== undefined)
    refuse(other, 'en: this server translates into English alone; it is started with --assistant-model for more');
  const unknown = asked.find((language) => !WHISPER_LANGUAGES.has(language));
  if (unknown !== undefined) refuse(unknown, 'codes of languages, such as de');
  return [...new Set(asked)];
}

/** The model a session uses: the one it asks for, or the server's own. Throws `model.unknown`. */
export function modelFor(asked: string | undefined, offer: ServerOffer): OfferedModel {
  if (asked === undefined || asked === offer.model) return offer;
  if (asked === offer.small?.model) return offer.small;
  const models = offer.small === undefined ? offer.model : `${offer.model} and ${offer.small.model}`;
  throw new Fault('model.unknown', { model: asked, want: `this server offers ${models}` });
}

/**
 * Name of the model that hears a session first: the one it names, or else the small one if it is in English and the machine or
 * its load (`level`) asks for that.
 */
export function findFirstModel(
  { model, language, task }: Pick<SessionSettings, 'model' | 'language' | 'task'>,
  { model: own, small, isEnglishSmall = false }: ServerOffer,
  level: { readonly model: 'own' | 'small' },
): string {
  if (model !== undefined) return model === small?.model ? small.model : own;
  const mayBeSmall = task === 'transcribe' && language === 'en';
  return mayBeSmall && (isEnglishSmall || level.model === 'small') ? (small?.model ?? own) : own;
}

/** Checks a change of settings for a session that uses this model. Throws `command.option`. */
export function validateChange(change: Configure, model: OfferedModel): Configure {
  const { language, languages } = change;
  return {
    ...change,
    ...(language === undefined ? {} : { language: resolveLanguage(language, model) }),
    ...(languages === undefined ? {} : { languages: resolveLanguages(languages, model) }),
  };
}

/** Only languages that the model knows can be allowed. */
function resolveLanguages(asked: readonly string[], model: OfferedModel): string[] {
  return asked.filter((language) => language !== 'auto').map((language) => resolveLanguage(language, model));
}

/** A model of one language always decodes in that language. Throws `command.option` for a language the model does not know. */
export function resolveLanguage(asked: string, offer: OfferedModel): string {
  if (offer.languages === 'all') {
    if (asked === 'auto' || WHISPER_LANGUAGES.has(removeScript(asked))) return asked;
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

/** What a client asks for are bounds, which the turn detector keeps, too. */
function resolveEndpoint(asked: Start['endpoint'], offer: EndpointOptions): EndpointOptions {
  const endpoint = changeEndpoint(offer, asked);
  return { ...endpoint, maxMs: Math.max(endpoint.minMs, endpoint.maxMs) };
}

/** The 99 languages of the published multilingual weights (and Cantonese, which large-v3 adds). */
export const WHISPER_LANGUAGES: ReadonlySet<string> = new Set(
  (
    'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml ' +
    'cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am ' +
    'yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue'
  ).split(' '),
);
