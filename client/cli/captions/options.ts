import type { CaptionStyle } from './core/caption-pacer.ts';

export const CAPTION_TARGETS = ['obs', 'zoom', 'webhook', 'hls'] as const;
export type CaptionTarget = (typeof CAPTION_TARGETS)[number];

export interface CaptionsOptions {
  readonly server: string;
  readonly token?: string;
  readonly room: string;
  readonly to: readonly CaptionTarget[];
  readonly translate?: string;
  readonly raw: boolean;
  readonly from: 'now' | 'start' | number;
  readonly waitMs: number;
  readonly untilIdle: boolean;
  readonly style: CaptionStyle;
  readonly chars?: number;
  readonly rows: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly readingSpeed: number;
  readonly obsUrl: string;
  readonly obsPasswordFile?: string;
  readonly zoomUrlFile?: string;
  readonly zoomLanguage?: string;
  readonly webhookUrlFile?: string;
  readonly webhookSecretFile?: string;
  readonly hlsFolder?: string;
  readonly hlsSeconds: number;
  readonly hlsHold: number;
  readonly hlsKeep: number;
  readonly hlsStart?: string;
  readonly hlsMpegts: number;
}
