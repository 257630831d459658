import type { FromModel, ToModel } from '../../server/llm/wire.ts';

/** A cleaner's process that takes out "um", and fails where a sentence says so. */
const send = (message: FromModel): void => void process.send?.(message);

process.on('message', (message: ToModel) => {
  if (message.kind === 'setup') send({ kind: 'ready' });
  if (message.kind === 'ping') send({ kind: 'alive', memoryMb: 50 });
  if (message.kind !== 'generate' || message.generation.kind !== 'tagged') return;
  const text = message.generation.parts.join(' ');
  if (text.includes('abort')) process.abort();
  if (text.includes('endless')) return;
  send({ kind: 'generated', id: message.id, text: text.replace(/,? ?\bum\b,?/gi, '') });
});
process.on('disconnect', () => process.exit(0));
