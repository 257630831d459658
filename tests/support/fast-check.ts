import fc from 'fast-check';
import { SEED } from './seed.ts';

fc.configureGlobal({ seed: SEED });

/** fast-check with the pinned seed; every test takes it from here (`tests/rules.test.ts`). */
export default fc;
