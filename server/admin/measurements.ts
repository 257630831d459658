import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describeFile, listPresentModels } from '../../models/present.ts';
import { printLine } from '../../models/terminal.ts';
import { describeStreams } from '../core/capacity/describe.ts';
import { estimateLiveDelays } from '../core/capacity/live-estimate.ts';
import type { Measurement } from '../core/capacity/measurement.ts';
import { describeEngineBuild, describeProcessor } from '../engine/machine.ts';
import { MeasurementFile } from '../store/measurement-file.ts';
import { resolveCommandFolder, runCommand } from './run-command.ts';

/** Runs `sotto measurements`: prints what servers have measured on this machine, for people. Returns the exit status. */
export function runMeasurements(args: readonly string[], environment: NodeJS.ProcessEnv): number {
  const program = new Command('sotto measurements')
    .description('What was measured of the models on this machine.')
    .exitOverride()
    .option('--data <folder>', 'data folder of the server')
    .action(() => {
      const file = new MeasurementFile(resolveCommandFolder(program, environment));
      const kept = file.read().filter(isFromHere);
      if (kept.length === 0) printLine('nothing yet: a server measures at its first start, while nobody uses it');
      for (const measurement of kept) printLine(describeMeasurement(measurement));
    });
  return runCommand(program, args);
}

/** Whether it counts for this processor, for this build of the engine, and for the file of the model as it is. */
function isFromHere({ machine, engine, model, file }: Measurement): boolean {
  if (machine !== describeProcessor() || engine !== describeEngineBuild('native')) return false;
  const present = listPresentModels().find(({ name }) => name === model);
  return present === undefined || describeFile(present.path) === file;
}

function describeMeasurement({ model, decodeS, isEstimate, streams, isLeast }: Measurement): string {
  const facts: string[] = [];
  if (streams !== undefined) facts.push(describeStreams([{ model, multilingual: true, streams, isLeast }])!);
  if (decodeS !== undefined) {
    const { wordS, finalS } = estimateLiveDelays(decodeS);
    facts.push(
      `a decode ${isEstimate === true ? 'would take about' : 'takes'} ${decodeS.toFixed(2)} s: words stable after about ${wordS.toFixed(1)} s, sentences after ${finalS.toFixed(1)} s`,
    );
  }
  return `${model.padEnd(20)} ${facts.join('; ')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = runMeasurements(process.argv.slice(2), process.env);
