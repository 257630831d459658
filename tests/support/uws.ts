import { createRequire } from 'node:module';
import { loadUws, type UwsLibrary } from '../../server/transport/uws-library.ts';

/** Whether uWebSockets.js runs here: the build on the package registry has binaries for some versions of Node only. */
export const runsUws: boolean = (() => {
  try {
    const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
    createRequire(import.meta.url)(`uws-for-tests/binaries/${binary}`);
    return true;
  } catch {
    return false;
  }
})();

/** The build for tests, under a name of its own so that the server never finds it. */
export const loadTestUws = (): Promise<UwsLibrary> => loadUws(() => import('uws-for-tests'));

/** Why a test that wants it is left out. */
export const NO_UWS = `uWebSockets.js has no binary for Node ${process.version} here`;
