import { keepsLiveAims } from './live-estimate.ts';

/** A speech model that a server may run. */
export interface CandidateModel {
  readonly name: string;
  /** Knows all of Whisper's languages; otherwise English only. */
  readonly multilingual: boolean;
  /** The larger, the fewer words a model gets wrong. */
  readonly size: number;
  /** Seconds that a final of 4 s takes alone on this machine; undefined while that is not measured. */
  readonly decodeS: number | undefined;
}

export interface ModelChoice<M extends CandidateModel> {
  /** The server's own model, for all languages. */
  readonly own: M;
  /** A smaller model for English: under load or, where `own` is too slow, from the start. */
  readonly english: M | undefined;
}

/**
 * Chooses among the models that are present: the best for all languages that keeps the aims of live text. If none does, the
 * quickest. A model that was not measured is not chosen, except `standard`, with which a first start begins. Undefined when no
 * model with all languages is present.
 */
export function chooseModels<M extends CandidateModel>(
  present: readonly M[],
  standard: string,
): ModelChoice<M> | undefined {
  const multilingual = present.filter((model) => model.multilingual).sort(compareBestFirst);
  const first = multilingual.find(({ name }) => name === standard);
  const own =
    multilingual.find(isQuick) ??
    (first?.decodeS === undefined ? first : undefined) ??
    findQuickest(multilingual) ??
    first;
  if (own === undefined) return undefined;
  const smaller = present.filter(({ multilingual, size }) => !multilingual && size < own.size).sort(compareBestFirst);
  return { own, english: smaller.find(isQuick) ?? smaller.at(-1) };
}

/** A model that saves less of a decode than this is not worth its word errors. */
const WORTHWHILE = 0.75;

/** Whether English sessions should begin with the smaller model: the server's own is too slow, and the other one helps. */
export function isEnglishSmall(ownS: number, englishS: number | undefined): boolean {
  return !keepsLiveAims(ownS) && englishS !== undefined && englishS <= ownS * WORTHWHILE;
}

const isQuick = ({ decodeS }: CandidateModel): boolean => decodeS !== undefined && keepsLiveAims(decodeS);

/** Of two files of a model, the quicker one is the better. */
function compareBestFirst(a: CandidateModel, b: CandidateModel): number {
  if (a.size !== b.size) return b.size - a.size;
  return (a.decodeS ?? Number.MAX_VALUE) - (b.decodeS ?? Number.MAX_VALUE);
}

function findQuickest<M extends CandidateModel>(models: readonly M[]): M | undefined {
  const measured = models.filter(({ decodeS }) => decodeS !== undefined);
  return measured.sort((a, b) => a.decodeS! - b.decodeS!)[0];
}
