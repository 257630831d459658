import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../protocol/index.ts';
import { MEASUREMENTS_MAX, type Measurement, mergeMeasurement } from '../core/capacity/measurement.ts';
import { replaceFile } from '../files/replace-file.ts';

const BYTES_MAX = 262_144;
const text = z.string().max(512);
const Contents = z.strictObject({
  version: z.literal(1),
  measurements: z
    .array(
      z.strictObject({
        ...{ machine: text, engine: text, options: text, model: text, file: text },
        decodeS: z.number().positive().max(3_600).optional(),
        isEstimate: z.boolean().optional(),
        streams: z.int().min(0).max(10_000).optional(),
        isLeast: z.boolean().optional(),
      }),
    )
    .max(MEASUREMENTS_MAX),
});

/** `measurements.json` in the data folder: what was measured of models on this machine. A broken file counts as none. */
export class MeasurementFile {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, 'measurements.json');
  }

  read(): readonly Measurement[] {
    try {
      if (statSync(this.path).size > BYTES_MAX) return [];
      return Contents.parse(parseJson(readFileSync(this.path, 'utf8'))).measurements;
    } catch {
      return [];
    }
  }

  /** Keeps what was measured, beside what other servers have kept meanwhile. Throws what the file system throws. */
  add(measured: Measurement): void {
    const renderContent = (): string => {
      const contents = { version: 1, measurements: mergeMeasurement(this.read(), measured) };
      return `${JSON.stringify(contents, undefined, 1)}\n`;
    };
    replaceFile(this.path, renderContent, { sync: false });
  }
}
