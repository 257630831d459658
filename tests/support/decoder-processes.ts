import { execFileSync } from 'node:child_process';

/** Process ids of the decoders that this process has started and that are not gone, those that are stopped among them. */
export function decoderPids(): number[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)/.exec(line))
    .filter((found) => found !== null && Number(found[2]) === process.pid && !found[3]!.startsWith('Z'))
    .filter((found) => found![4]!.includes('decoder/child/main'))
    .map((found) => Number(found![1]));
}
