import t from 'tap';
import type { EventBody, ServerEvent } from '../../../protocol/index.ts';
import { FluxTurns, type TurnInfo } from '../../../server/dialect/flux-turns.ts';
import { joinSentences } from '../../../transcript/index.ts';
import fc from '../../support/fast-check.ts';
import { step } from '../../support/random-session-steps.ts';
import { Harness } from '../../support/random-sessions.ts';

const CONDITIONS = { eotThreshold: 0.7, isForced: false, isClosing: false };

/** Holds the messages of a stream to what the protocol promises. */
class TurnCheck {
  readonly ended: string[] = [];
  announcedEnds = 0;
  #isOpen = false;
  #announced: string | undefined;
  #end = 0;

  check({ event, turn_index, transcript, words, audio_window_start, audio_window_end }: TurnInfo): void {
    const fail = (what: string): never => {
      throw new Error(`${event} of turn ${turn_index} "${transcript}": ${what}`);
    };
    if (turn_index !== this.ended.length) fail(`${this.ended.length} turns have ended`);
    if (this.#isOpen === (event === 'StartOfTurn')) fail(`the turn is open: ${this.#isOpen}`);
    this.#isOpen = event !== 'EndOfTurn';
    if (audio_window_start > audio_window_end || audio_window_end < this.#end)
      fail(`its window is ${audio_window_start} to ${audio_window_end}, and ended at ${this.#end}`);
    this.#end = audio_window_end;
    if (event === 'EagerEndOfTurn') {
      if (this.#announced !== undefined) fail(`"${this.#announced}" is announced`);
      this.#announced = transcript;
    }
    if (event === 'TurnResumed') {
      if (this.#announced === undefined) fail('nothing is announced');
      this.#announced = undefined;
    }
    if (!event.endsWith('EndOfTurn')) return;
    if (words.map(({ word }) => word).join(' ') !== transcript) fail('its words are others');
    if (event !== 'EndOfTurn') return;
    if (this.#announced !== undefined && this.#announced !== transcript) fail(`"${this.#announced}" was announced`);
    if (this.#announced !== undefined) this.announcedEnds++;
    this.#announced = undefined;
    this.ended.push(transcript);
  }

  finish(events: readonly EventBody[]): void {
    if (this.#isOpen) throw new Error('the last turn has not ended');
    const finals = events.flatMap((event) => (event.type === 'final' ? [event.text] : []));
    const ended = this.ended.filter((text) => text !== '');
    if (joinSentences(ended) !== joinSentences(finals)) throw new Error(`${ended.join('|')} of ${finals.join('|')}`);
  }
}

t.test('every final is in one turn, each turn starts and ends once, and as it was announced', async (t) => {
  let ends = 0;
  let announcedEnds = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (script) => {
      const harness = new Harness('edge', 'fast');
      for (const one of script) harness.run(one);
      harness.end();
      const turns = new FluxTurns();
      const check = new TurnCheck();
      for (const event of harness.events)
        for (const info of turns.read({ seq: 0, ...event } as ServerEvent, CONDITIONS)) check.check(info);
      check.finish(harness.events);
      ends += check.ended.length;
      announcedEnds += check.announcedEnds;
    }),
    { numRuns: 300, endOnFailure: true },
  );
  t.comment(`${ends} turns, ${announcedEnds} as announced`);
  t.ok(ends > 200 && announcedEnds > 10);
});

t.test('the window of a turn does not end before it begins', async (t) => {
  const turns = new FluxTurns();
  const read = (event: object): readonly TurnInfo[] => turns.read(event as ServerEvent, CONDITIONS);
  read({ type: 'speech', state: 'start', atMs: 96 });
  const words = [{ text: 'Yes.', fromMs: 20, toMs: 64, confidence: 1 }];
  const infos = read({ type: 'final', sentence: 1, text: 'Yes.', words, fromMs: 20, toMs: 64, language: 'en' });
  t.match(infos, [{ event: 'StartOfTurn', audio_window_start: 0.096, audio_window_end: 0.096 }]);
});
