import t from 'tap';
import { buildGreeting } from '../../../server/compose/greeting.ts';
import { findUnusedSecondModel } from '../../../server/compose/session-parts.ts';
import { loadConfig } from '../../../server/config/load.ts';

const info = (engine: 'native' | 'stock') =>
  ({ model: 'base', engine, multilingual: true, slots: 1, realTimeFactor: 0.05, detail: 'AVX2' }) as const;

const greet = (engine: 'native' | 'stock', args: readonly string[]): string => {
  const { config } = loadConfig(args, {});
  return buildGreeting({
    ...{ url: 'http://127.0.0.1:9090', engines: { info: info(engine), cleaner: undefined, isCleanerReady: true } },
    ...{
      streams: '4',
      choice: undefined,
      isEnglishSmall: false,
      better: [],
      selfSigned: undefined,
      wyoming: undefined,
    },
    unusedSecond: findUnusedSecondModel(config, info(engine)),
  });
};

t.test('a second model that hears nothing is said to', async (t) => {
  t.match(greet('stock', ['--second-model', 'base']), /^ {2}second +base hears nothing again/m);
  for (const [engine, args] of [
    ['stock', ['--model', 'base']],
    ['stock', ['--second-model', 'none']],
    ['native', ['--second-model', 'base']],
  ] as const)
    t.notMatch(greet(engine, args), /^ {2}second /m, `${engine} ${args.join(' ')}`);
});
