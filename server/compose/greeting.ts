import type { Engines } from './engines.ts';

export interface GreetingInfo {
  readonly url: string;
  readonly engines: Pick<Engines, 'info' | 'cleaner' | 'isCleanerReady'>;
  /** How many streams the machine carries. */
  readonly streams: string;
  /** What `--second-model` names, although nothing is heard a second time here; undefined otherwise. */
  readonly unusedSecond: string | undefined;
  /** Why the server chose its model; undefined when the operator did. */
  readonly choice: string | undefined;
  /** Whether the small model hears English whatever the load. */
  readonly isEnglishSmall: boolean;
  /** What better models would give, a line each. */
  readonly better: readonly string[];
  /** File of the self-signed certificate, which clients have to trust; undefined when there is none. */
  readonly selfSigned: string | undefined;
  /** Address of the Wyoming endpoint, if there is one. */
  readonly wyoming: string | undefined;
}

/** Builds the text that is printed when the server has started. */
export function buildGreeting(greeting: GreetingInfo): string {
  const knows = (multilingual: boolean): string => (multilingual ? '99 languages' : 'English');
  const cost = (realTimeFactor: number): string => `${realTimeFactor.toFixed(2)} s of work a second of speech`;
  const { url, engines, streams, choice, isEnglishSmall, better, unusedSecond, selfSigned, wyoming } = greeting;
  const { info } = engines;
  const { small, memoryMb } = info;
  const own = Math.round(process.memoryUsage.rss() / 1_048_576);
  return [
    `Sotto listens at ${url}`,
    `  model    ${info.model} (${knows(info.multilingual)})${choice === undefined ? '' : `, ${choice}`}`,
    ...better.map((text) => `  better   ${text}`),
    ...(small === undefined
      ? []
      : [
          `  small    ${small.model} (${knows(small.multilingual)}) ${isEnglishSmall ? 'for English' : 'under load'}; ${cost(small.realTimeFactor)}`,
        ]),
    ...(unusedSecond === undefined
      ? []
      : [
          `  second   ${unusedSecond} hears nothing again: the ${info.engine} engine cannot stop a decode for live speech`,
        ]),
    `  engine   ${info.engine}: ${info.detail}; ${cost(info.realTimeFactor)}`,
    `  cleanup  ${describeCleaner(engines)}`,
    `  streams  ${streams}`,
    `  memory   ${own} MB here${memoryMb === undefined ? '' : `, ${memoryMb} MB in the speech worker`}`,
    ...(selfSigned === undefined
      ? []
      : [`  tls      self-signed; command-line clients trust it with NODE_EXTRA_CA_CERTS=${selfSigned}`]),
    ...(wyoming === undefined ? [] : [`  wyoming  ${wyoming}`]),
    `Try it: open ${url} and press Start, or run: npx sotto transcribe FILE`,
  ].join('\n');
}

function describeCleaner({ cleaner, isCleanerReady }: GreetingInfo['engines']): string {
  if (cleaner === undefined) return 'off';
  return isCleanerReady ? cleaner.name : `${cleaner.name} did not start; rules instead`;
}
