import { estimateLiveDelays, keepsLiveAims } from './live-estimate.ts';

/** What is known of a model that runs. */
export interface MeasuredModel {
  readonly model: string;
  readonly multilingual: boolean;
  readonly streams: number | undefined;
  /** Whether the machine may carry more than `streams`. */
  readonly isLeast?: boolean | undefined;
}

const seconds = (value: number): string => `${value.toFixed(2)} s`;

/** `12 live with base, at least 64 in English with tiny.en`; undefined while a number is missing. */
export function describeStreams(models: readonly MeasuredModel[]): string | undefined {
  const texts = models.map(({ model, multilingual, streams, isLeast = false }, n) => {
    if (streams === undefined) return undefined;
    const count = streams === 0 ? 'not one' : `${isLeast ? 'at least ' : ''}${streams}`;
    return `${count}${n === 0 ? ' live' : ''}${multilingual ? '' : ' in English'} with ${model}`;
  });
  return texts.includes(undefined) ? undefined : texts.join(', ');
}

/** Why the server chose its model. `englishModel` hears English sessions from the start. */
export function describeChoice(decodeS: number, englishModel: string | undefined): string {
  const time = `a decode takes ${seconds(decodeS)}`;
  if (keepsLiveAims(decodeS)) return `the best here that keeps live text quick: ${time}`;
  const { wordS, finalS } = estimateLiveDelays(decodeS);
  const slow = `slow on this machine: ${time}, so a word is stable after about ${seconds(wordS)}, a sentence after ${seconds(finalS)}`;
  return englishModel === undefined ? slow : `${slow}; ${englishModel} hears English`;
}

/** What a better model would give. `decodeS`: undefined while it is not measured. */
export function describeBetterModel(model: string, decodeS: number | undefined, isPresent: boolean): string {
  if (decodeS === undefined) return `${model} is ${isPresent ? 'here, and is ' : ''}measured while nobody speaks`;
  const { wordS, finalS } = estimateLiveDelays(decodeS);
  const time = `a decode would take about ${seconds(decodeS)}`;
  if (keepsLiveAims(decodeS))
    return isPresent
      ? `${model} is quick enough (${time}); the next start takes it`
      : `${model} would be quick enough (${time}): npx sotto models pull ${model}`;
  return `${model} is too slow for live text: ${time}, a word stable after ${seconds(wordS)}, a sentence after ${seconds(finalS)}`;
}
