import { createRequire } from 'node:module';
import t from 'tap';
import { loadUws, UwsTransport } from '../../server/transport/uws.ts';
import { type Make, transportContract } from './transport.ts';
import { tlsContract } from './transport-tls.ts';

// The build on the package registry has binaries for some versions of Node only.
const runs = (() => {
  try {
    const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
    createRequire(import.meta.url)(`uWebSockets.js/binaries/${binary}`);
    return true;
  } catch {
    return false;
  }
})();

const make: Make = async (handler, limits) => new UwsTransport(await loadUws(), handler, limits);
if (runs) {
  transportContract(t, make);
  tlsContract(t, make);
} else t.test('uWebSockets.js', { skip: `has no binary for Node ${process.version} here` }, async () => {});
