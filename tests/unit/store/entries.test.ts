import t from 'tap';
import type { JournalEntry } from '../../../server/ports/journal-store.ts';
import { decodeEntries, encodeEntry } from '../../../server/store/entries.ts';
import fc from '../../support/fast-check.ts';

const plain = ({ record, audio }: JournalEntry): object => ({ record, audio: [...audio] });
const entries = fc.array(
  fc.record({
    record: fc.record({ text: fc.string({ unit: 'grapheme' }), n: fc.integer() }),
    audio: fc.uint8Array({ maxLength: 60 }),
  }),
  { maxLength: 5 },
);

t.test('what is cut at any byte gives the entries before the cut, whole', async (t) => {
  const property = fc.property(entries, (all) => {
    const encoded = all.map(encodeEntry);
    const bytes = Buffer.concat(encoded);
    const ends = encoded.map((_, i) => encoded.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const want = all.slice(0, ends.filter((end) => end <= cut).length).map(plain);
      const { entries: got, isComplete: whole } = decodeEntries(bytes.subarray(0, cut));
      if (JSON.stringify(got.map(plain)) !== JSON.stringify(want)) throw new Error(`cut at ${cut}`);
      if (whole !== (cut === 0 || ends.includes(cut))) throw new Error(`whole is wrong at ${cut}`);
    }
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 100 }));
});

t.test('a byte that is not what was written ends what is believed', async (t) => {
  const property = fc.property(entries, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, flip) => {
    const encoded = all.map(encodeEntry);
    const bytes = Buffer.concat(encoded);
    if (bytes.length === 0) return;
    const where = at % bytes.length;
    bytes[where]! ^= flip;
    const { entries: got } = decodeEntries(bytes);
    let before = 0;
    for (let end = 0; before < encoded.length && end + encoded[before]!.length <= where; )
      end += encoded[before++]!.length;
    const want = JSON.stringify(all.slice(0, before).map(plain));
    if (JSON.stringify(got.map(plain)) !== want) throw new Error('something else was read');
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});

t.test('rubbish is no journal', async (t) => {
  const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    if (decodeEntries(bytes).entries.length > 0) throw new Error('it was read');
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }));
});
