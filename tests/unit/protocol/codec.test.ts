import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { ClientMessage, isFault, readClientMessage, writeMessage } from '../../../protocol/index.ts';
import fc from '../../support/fast-check.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const changeable = {
  language: optional(fc.constantFrom('auto', 'en', 'yue')),
  languages: optional(fc.array(fc.constantFrom('en', 'de', 'fr'), { maxLength: 20 })),
  vocabulary: optional(fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 10 })),
  partials: optional(
    fc.record(
      { mode: fc.constantFrom('revisable', 'stable', 'off'), everyMs: fc.integer({ min: 100, max: 10_000 }) },
      { requiredKeys: [] },
    ),
  ),
  cleanup: optional(
    fc.record(
      { mode: fc.constantFrom('default', 'llm', 'openai', 'rules', 'off'), instruction: fc.string({ maxLength: 40 }) },
      { requiredKeys: [] },
    ),
  ),
};
const message = fc.oneof(
  fc.record({ type: fc.constant('start'), task: optional(fc.constantFrom('transcribe', 'translate')), ...changeable }),
  fc.record({ type: fc.constant('configure'), ...changeable }),
  fc.record({ type: fc.constant('flush'), id: optional(fc.string({ maxLength: 100 })) }),
  fc.constant({ type: 'keepalive' }),
  fc.constant({ type: 'finish' }),
);

t.test('a message that was written is read unchanged', async (t) => {
  fc.assert(
    fc.property(message, (one) => {
      const text = writeMessage(one as ClientMessage);
      return isDeepStrictEqual(readClientMessage(text), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

t.test('every input is a message or a fault of the protocol, with a short text', async (t) => {
  const frame = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ type: fc.constantFrom('start', 'configure', 'flush'), id: fc.anything(), language: fc.anything() })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(frame, (text) => {
      try {
        return ClientMessage.safeParse(readClientMessage(text)).success;
      } catch (error) {
        return isFault(error) && /^(command|audio)\./.test(error.code) && error.message.length < 500;
      }
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});
