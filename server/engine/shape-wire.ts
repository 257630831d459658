import { z } from 'zod';

/** Shape of a Whisper model, as published. */
export interface ModelShape {
  readonly width: number;
  readonly heads: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly melBands: 80 | 128;
  readonly vocabulary: 51_864 | 51_865 | 51_866;
  /** Type of its matrices. */
  readonly type: 'f16' | 'q5_0' | 'q5_1' | 'q8_0';
}

/** The only message to the measuring process. */
export interface ToShapeProcess {
  readonly kind: 'measure';
  readonly shapes: readonly ModelShape[];
  /** An empty folder for a file of up to 350 MB. */
  readonly folder: string;
  readonly threads: number;
}

const fromShapeProcess = z.object({
  kind: z.literal('measured'),
  /** Seconds of a decode of each shape, in the order of the request. */
  decodeS: z.array(z.number().positive().max(3_600)).max(16),
});

/** Whether a message from the measuring process is valid. */
export const isFromShapeProcess = (value: unknown): value is z.infer<typeof fromShapeProcess> =>
  fromShapeProcess.safeParse(value).success;
