import type { RecogniserInfo } from '../ports/recogniser.ts';

export interface GreetingInfo {
  readonly url: string;
  readonly info: RecogniserInfo;
  readonly cleaner: string;
  readonly streams: number;
  /** File of the certificate that clients have to be told of. */
  readonly selfSigned: string | undefined;
  /** Address of the Wyoming door, when there is one. */
  readonly wyoming: string | undefined;
}

/** What people read when the server has started. */
export function buildGreeting({ url, info, cleaner, streams, selfSigned, wyoming }: GreetingInfo): string {
  const knows = (multilingual: boolean): string => (multilingual ? '99 languages' : 'English');
  const cost = (realTimeFactor: number): string => `${realTimeFactor.toFixed(2)} s of work a second of speech`;
  const { small, memoryMb } = info;
  const own = Math.round(process.memoryUsage.rss() / 1_048_576);
  return [
    `Sotto listens at ${url}`,
    `  model    ${info.model} (${knows(info.multilingual)})`,
    ...(small === undefined
      ? []
      : [`  small    ${small.model} (${knows(small.multilingual)}) under load; ${cost(small.realTimeFactor)}`]),
    `  engine   ${info.engine}: ${info.detail}; ${cost(info.realTimeFactor)}`,
    `  cleanup  ${cleaner}`,
    `  streams  about ${streams} live on this machine`,
    `  memory   ${own} MB here${memoryMb === undefined ? '' : `, ${memoryMb} MB in the speech worker`}`,
    ...(selfSigned === undefined
      ? []
      : [`  tls      self-signed; command-line clients trust it with NODE_EXTRA_CA_CERTS=${selfSigned}`]),
    ...(wyoming === undefined ? [] : [`  wyoming  ${wyoming}`]),
    `Try it: open ${url} and press Start, or run: npx sotto transcribe FILE`,
  ].join('\n');
}

/** A model as it is offered to clients. */
export function buildServerOffer({ model, multilingual }: { readonly model: string; readonly multilingual: boolean }) {
  return { model, languages: multilingual ? ('all' as const) : (['en'] as const) };
}
