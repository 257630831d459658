import type { ViewerEventOf } from '../../client/sdk/index.ts';

/** A final of the session `s`, 2 s long and told when it ends; the wall clock begins with the session at `begin`. */
export function viewerFinal(
  sentence: number,
  text: string,
  more: Partial<ViewerEventOf<'final'>> & { readonly begin?: number } = {},
): ViewerEventOf<'final'> {
  const { begin = 1_700_000_000_000, ...rest } = more;
  const fromMs = rest.fromMs ?? (sentence - 1) * 2_000;
  const toMs = rest.toMs ?? fromMs + 2_000;
  return {
    ...{ type: 'final', cursor: sentence, session: 's', channel: 0, sentence, text, language: 'en' },
    ...{ fromMs, toMs, atMs: begin + toMs },
    ...rest,
  };
}

export const viewerCleaned = (sentence: number, text: string): ViewerEventOf<'cleaned'> => ({
  ...{ type: 'cleaned', cursor: 1_000 + sentence, session: 's', channel: 0, sentence, text },
});

export const viewerTranslated = (sentence: number, text: string, language: string): ViewerEventOf<'translated'> => ({
  ...{ type: 'translated', cursor: 2_000 + sentence, session: 's', channel: 0, sentence, text, language },
});
