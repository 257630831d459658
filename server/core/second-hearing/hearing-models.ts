import type { PipelineOptions, SessionSettings } from '../session/settings.ts';

/** The models that hear a stretch again. */
export interface HearingModels {
  /** Of the first decode; undefined is the server's own. */
  readonly model: string | undefined;
  /** Of a second decode, with which the first is joined; undefined where there is none. */
  readonly otherModel: string | undefined;
  /** Whether `otherModel` is the better one of the two. */
  readonly isOtherBetter: boolean;
  /** What is published as their name. */
  readonly name: string;
}

/** Selects the models that hear speech of one language again. */
export function selectHearingModels(
  language: string,
  settings: Pick<SessionSettings, 'model'>,
  models: PipelineOptions['models'],
): HearingModels {
  const model = selectModel(language, settings, models);
  const chosen = model ?? models.own;
  const otherModel = selectOtherModel(language, settings, { ...models, chosen });
  return {
    ...{ model, otherModel, isOtherBetter: otherModel === models.own },
    name: [chosen, ...(otherModel === undefined ? [] : [otherModel])].join(' + '),
  };
}

/** The model that hears a stretch again; undefined is the server's own. */
function selectModel(
  language: string,
  { model }: Pick<SessionSettings, 'model'>,
  { second, small, isEnglishSmall = false }: PipelineOptions['models'],
): string | undefined {
  if (second !== undefined && (second.isMultilingual || language === 'en')) return second.name;
  return model ?? (isEnglishSmall && language === 'en' ? small : undefined);
}

/**
 * The model that hears English again beside `chosen`: of the server's own and its small one the other, because the two mishear
 * different words. None where the client or the operator has named a model, which is then the better one.
 */
function selectOtherModel(
  language: string,
  { model }: Pick<SessionSettings, 'model'>,
  { second, own, small, chosen }: PipelineOptions['models'] & { readonly chosen: string },
): string | undefined {
  if (language !== 'en' || model !== undefined || second !== undefined || small === undefined) return undefined;
  return chosen === own ? small : own;
}
