import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseModelAddress } from '../../models/address.ts';
import { fetchModel } from '../../models/fetched.ts';
import { getCacheFolder } from '../../models/locate.ts';
import { showProgress } from '../../models/progress.ts';
import { Fault } from '../../protocol/index.ts';
import { reportStatus } from './report-status.ts';

/** Fetches a model given by its URL at the first start. One given by name must be pulled, because it may be large. */
export async function fetchIfUrl(text: string, offline: boolean): Promise<void> {
  const address = parseModelAddress(text);
  if (address.kind !== 'url' || existsSync(join(getCacheFolder(), address.file))) return;
  if (offline) throw new Fault('model.absent', { model: address.shown, path: join(getCacheFolder(), address.file) });
  using progress = showProgress(address.file, (text) => reportStatus({ kind: 'progress', text }));
  await fetchModel(address, { progress: progress.update });
}
