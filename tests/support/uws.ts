import { createRequire } from 'node:module';

/** Whether uWebSockets.js runs here: the build on the package registry has binaries for some versions of Node only. */
export const runsUws: boolean = (() => {
  try {
    const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
    createRequire(import.meta.url)(`uWebSockets.js/binaries/${binary}`);
    return true;
  } catch {
    return false;
  }
})();

/** Why a test that wants it is left out. */
export const NO_UWS = `uWebSockets.js has no binary for Node ${process.version} here`;
