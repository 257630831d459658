import { readFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import t, { type Test } from 'tap';
import { ProcessDecoder } from '../../server/decoder/decoder.ts';
import type { AudioDecoder } from '../../server/ports/decoder.ts';
import { decoderPids } from '../support/decoder-processes.ts';
import { openScriptedServer, script, uws, ws } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';
import { runsUws } from '../support/uws.ts';

const RECORDING = readFileSync(new URL('../fixtures/formats/short_01.mp3', import.meta.url));
/** A server with one place and one decoder for files, and word of each file that reaches the decoder. */
async function stand(t: Test, transport: typeof ws) {
  const processes = new ProcessDecoder({}, { fileDecodersMax: 1, liveDecodersMax: 1 });
  let decoded = 0;
  const decoder: AudioDecoder = {
    open: (options) => processes.open(options),
    decodeFile(...asked) {
      decoded++;
      return processes.decodeFile(...asked);
    },
    close: () => processes.close(),
  };
  const server = await openScriptedServer(script('Hello there.', 0.6), 1, { decoder, transport });
  t.teardown(() => server.close());
  const open = (length = RECORDING.length): ClientRequest => {
    const headers = { 'content-type': 'audio/mpeg', 'content-length': length };
    const asked = request(`${server.url}/v1/listen`, { method: 'POST', headers, agent: false });
    asked.on('error', () => {});
    return asked;
  };
  const post = async (): Promise<number> => {
    const response = await fetch(`${server.url}/v1/listen`, { method: 'POST', body: RECORDING });
    await response.arrayBuffer();
    return response.status;
  };
  return { server, open, post, decodedFiles: () => decoded };
}

for (const [name, transport] of [['ws', ws] as const, ...(runsUws ? [['uws', uws] as const] : [])]) {
  t.test(`${name}: a client that leaves in the middle of its file frees its place`, async (t) => {
    const { server, open, post } = await stand(t, transport);
    const asked = open(1_000_000);
    asked.write(RECORDING);
    await until(() => server.registry.size === 1);
    asked.destroy();
    await until(() => server.registry.size === 0);
    t.equal(await post(), 200);
  });

  t.test(`${name}: a client that leaves while its file is decoded ends the decoder`, async (t) => {
    const { server, open, post, decodedFiles } = await stand(t, transport);
    t.equal(await post(), 200);
    const [pid] = decoderPids();
    t.ok(pid);
    process.kill(pid!, 'SIGSTOP');
    const asked = open();
    asked.end(RECORDING);
    await until(() => decodedFiles() === 2);
    t.equal(server.registry.size, 1);
    asked.destroy();
    await until(() => server.registry.size === 0);
    t.notOk(decoderPids().includes(pid!), 'its place is free when its process is gone, not before');
    t.equal(await post(), 200);
  });

  t.test(`${name}: a client that leaves while its words are recognised frees its place`, async (t) => {
    const { server, open, post } = await stand(t, transport);
    let letGo = (): void => {};
    server.recogniser.holdAnswers(
      new Promise((resolve) => {
        letGo = resolve;
      }),
    );
    const asked = open();
    asked.end(RECORDING);
    await until(() => server.recogniser.jobs.length > 0);
    asked.destroy();
    await until(() => server.registry.size === 0);
    letGo();
    t.equal(await post(), 200);
  });
}
