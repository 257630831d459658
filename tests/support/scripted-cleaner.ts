import type { FromCleaner, ToCleaner } from '../../server/cleaner/wire.ts';

/** A cleaner's process that takes out "um", and fails where a sentence says so. */
const send = (message: FromCleaner): void => void process.send?.(message);

process.on('message', (message: ToCleaner) => {
  if (message.kind === 'setup') send({ kind: 'ready' });
  if (message.kind === 'ping') send({ kind: 'alive', memoryMb: 50 });
  if (message.kind !== 'rewrite') return;
  const { text } = message.request;
  if (text.includes('abort')) process.abort();
  if (text.includes('endless')) return;
  send({ kind: 'rewritten', id: message.id, text: text.replace(/,? ?\bum\b,?/gi, '') });
});
process.on('disconnect', () => process.exit(0));
