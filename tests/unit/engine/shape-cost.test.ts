import { closeSync, openSync, readSync } from 'node:fs';
import t from 'tap';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { isNativeBuilt } from '../../../server/engine/native/locate.ts';
import { findShape, measureShapes } from '../../../server/engine/shape-cost.ts';
import type { ModelShape } from '../../../server/engine/shape-wire.ts';
import { silentLog } from '../../support/scripted-server.ts';

const needsNative = isNativeBuilt() ? false : 'the native engine is not built';
/** ggml's number of the type q8_0 as that of a whole file. */
const Q8_0 = 7;
const SMALL: ModelShape = {
  ...{ width: 64, heads: 1, encoderLayers: 2, decoderLayers: 2, melBands: 80 },
  ...{ vocabulary: 51_865, type: 'q8_0' },
};

/** The first numbers of a model's file, which say its shape. */
function readHeader(path: string): Int32Array {
  const bytes = new Uint8Array(48);
  const file = openSync(path, 'r');
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  return new Int32Array(bytes.buffer);
}

t.test('the shapes of the embedded models are those of their files', async (t) => {
  for (const name of ['base', 'tiny.en']) {
    const { file } = findModel(name)!;
    const [, vocabulary, , width, heads, encoderLayers, , , , decoderLayers, melBands, type] = readHeader(
      getModelPath(findModel(name)!),
    );
    t.equal(type! % 1_000, Q8_0);
    t.same(
      findShape(name, file),
      { vocabulary, width, heads, encoderLayers, decoderLayers, melBands, type: 'q8_0' },
      name,
    );
  }
});

t.test('names of published models say their shape, and others say none', async (t) => {
  t.match(findShape('small-q8_0', 'ggml-small-q8_0.bin'), { width: 768, encoderLayers: 12, decoderLayers: 12 });
  t.match(findShape('large-v3-turbo', 'ggml-large-v3-turbo.bin'), {
    ...{ encoderLayers: 32, decoderLayers: 4, melBands: 128, vocabulary: 51_866, type: 'f16' },
  });
  t.match(findShape('large-v2', 'ggml-large-v2.bin'), { decoderLayers: 32, melBands: 80, vocabulary: 51_865 });
  t.equal(findShape('mine', 'mine.bin'), undefined);
});

t.test(
  'costs come from a process of its own, also of layers that are never built',
  { skip: needsNative },
  async (t) => {
    const signal = new AbortController().signal;
    const tall = { ...SMALL, encoderLayers: 40, decoderLayers: 40 };
    const costs = await measureShapes([SMALL, tall], { log: silentLog, signal });
    t.equal(costs?.length, 2);
    t.ok(
      costs?.every((cost) => cost > 0 && cost < 60),
      String(costs),
    );
  },
);

t.test('measuring shapes gives way at once', { skip: needsNative }, async (t) => {
  const session = new AbortController();
  const measuring = measureShapes([{ ...SMALL, width: 1_280, heads: 20 }], { log: silentLog, signal: session.signal });
  session.abort();
  t.equal(await measuring, undefined);
  t.equal(await measureShapes([SMALL], { log: silentLog, signal: session.signal }), undefined);
});
