import { connect } from 'node:net';
import type { Test } from 'tap';
import { OPCODE, openRawSocket, type RawFrame } from '../support/raw-socket.ts';
import { staysTrue, until } from '../support/until.ts';
import { FRAME_BYTES_MAX, type Make, next, stand } from './transport.ts';

const { text, binary, continuation, ping, pong, close } = OPCODE;

/** What no client may do to a transport, each from a raw socket. `masks`: uWebSockets.js takes for granted that there is one. */
export function hostileContract(t: Test, make: Make, masks: 'checked' | 'assumed'): void {
  t.test('fragments are one frame, also with pings between them', async (t) => {
    const { port, story } = await stand(t, make);
    const raw = await openRawSocket(port);
    raw.write(
      { opcode: text, fin: false, payload: 'one ' },
      { opcode: ping, payload: 'there?' },
      { opcode: continuation, fin: false, payload: '' },
      { opcode: continuation, payload: 'frame' },
    );
    await until(() => story.length === 1);
    t.same(story, ['one frame']);
    raw.socket.destroy();
  });

  const broken: readonly [name: string, frames: readonly RawFrame[]][] = [
    ['text that is not UTF-8', [{ opcode: text, payload: Buffer.from([0x7b, 0xc3, 0x28]) }]],
    ['a character torn at the end', [{ opcode: text, payload: Buffer.from([0xe2, 0x82]) }]],
    ['a reserved bit', [{ opcode: binary, reserved: 4, payload: 'x' }]],
    ['an opcode nobody knows', [{ opcode: 3, payload: 'x' }]],
    ['a control opcode nobody knows', [{ opcode: 11, payload: 'x' }]],
    ['a pong in fragments', [{ opcode: pong, fin: false, payload: 'x' }]],
    ['a close in fragments', [{ opcode: close, fin: false, payload: Buffer.from([3, 232]) }]],
    ['a close of 126 bytes', [{ opcode: close, payload: Buffer.alloc(126, 3) }]],
    ['a close with a status nobody may send', [{ opcode: close, payload: Buffer.from([3, 237]) }]],
    ['a close whose reason is not UTF-8', [{ opcode: close, payload: Buffer.from([3, 232, 0xc3, 0x28]) }]],
    [
      'a reserved bit in a continuation',
      [
        { opcode: text, fin: false, payload: 'a' },
        { opcode: continuation, reserved: 2, payload: 'b' },
      ],
    ],
    ['a continuation of nothing', [{ opcode: continuation, payload: 'x' }]],
    [
      'a new message inside another',
      [
        { opcode: text, fin: false, payload: 'a' },
        { opcode: text, payload: 'b' },
      ],
    ],
    ['a ping in fragments', [{ opcode: ping, fin: false, payload: 'x' }]],
    ['a ping of 126 bytes', [{ opcode: ping, payload: 'x'.repeat(126) }]],
    ['a frame said to have 2^63 bytes', [{ opcode: binary, claimedBytes: 1n << 63n, payload: 'x' }]],
    ['a frame said to have 2^40 bytes', [{ opcode: binary, claimedBytes: 1n << 40n, payload: 'x' }]],
    [
      'fragments that are too large together',
      [
        { opcode: binary, fin: false, payload: new Uint8Array(FRAME_BYTES_MAX * 2) },
        { opcode: continuation, fin: false, payload: new Uint8Array(FRAME_BYTES_MAX * 2) },
        { opcode: continuation, payload: new Uint8Array(FRAME_BYTES_MAX * 2) },
      ],
    ],
  ];
  t.test('a frame that breaks the protocol ends its own connection, is not heard, and harms nobody', async (t) => {
    const { port, story, dial } = await stand(t, make, (frame, connection) => {
      if (frame === 'good') connection.send('still here');
    });
    for (const [name, frames] of broken) {
      story.length = 0;
      const raw = await openRawSocket(port);
      raw.write(...frames);
      await raw.ended;
      await until(() => story.length > 0);
      t.equal(story.length, 1, name);
      t.match(story[0], /^close /, name);
    }
    const socket = await dial();
    const answer = next(socket);
    socket.send('good');
    t.equal(String(await answer), 'still here');
  });

  t.test(
    `a frame that is not masked is ${masks === 'checked' ? 'refused' : 'misread'}, and harms nobody`,
    async (t) => {
      const { port, story, dial } = await stand(t, make, (frame, connection) => connection.send(frame));
      for (const [opcode, payload] of [
        [text, 'good'],
        [binary, new Uint8Array(300)],
      ] as const) {
        story.length = 0;
        const raw = await openRawSocket(port);
        raw.write({ opcode, masked: false, payload });
        if (masks === 'checked') await raw.ended;
        // Four bytes of it were taken for the mask, so it ends in the middle of whatever comes next.
        else raw.socket.end();
        await until(() => story.length > 0);
        t.match(story, [/^close /]);
      }
      const socket = await dial();
      const answer = next(socket);
      socket.send('good');
      t.equal(String(await answer), 'good');
    },
  );

  t.test('whoever leaves in the middle of a frame has left', async (t) => {
    const { port, story } = await stand(t, make);
    const raw = await openRawSocket(port);
    raw.write({ opcode: binary, claimedBytes: 5_000n, payload: 'part of it' });
    raw.socket.end();
    await until(() => story.length === 1);
    t.same(story, ['close 1006']);
  });

  t.test('a flood of pings ends the connection', async (t) => {
    const { port, story } = await stand(t, make);
    const raw = await openRawSocket(port);
    for (let i = 0; i < 50; i++) raw.write({ opcode: ping, payload: String(i) });
    await new Promise((resolve) => setImmediate(resolve));
    t.same(story, [], 'some are taken');
    raw.write(...Array.from({ length: 500 }, () => ({ opcode: ping, payload: 'x' })));
    await until(() => story.length === 1);
    t.match(story, [/^close (1008|1006)$/]);
    await raw.ended;
  });

  t.test('a peer that does not answer a close is cut', async (t) => {
    const { port, story, connections } = await stand(t, make, () => {}, { closeTimeoutMs: 50 });
    const raw = await openRawSocket(port, '/', 'nothing');
    await until(() => connections.length === 1);
    // More than the network holds, so that the close cannot even be said.
    for (let i = 0; i < 100; i++) connections[0]!.send(new Uint8Array(100_000));
    connections[0]!.close(1008, 'enough');
    await until(() => story.length === 1);
    t.match(story, [/^close /]);
    raw.socket.destroy();
  });

  t.test('a connection that is not read is not taken for dead', async (t) => {
    const { dial, connections, story } = await stand(t, make, () => {}, { pingEveryMs: 100 });
    const socket = await dial();
    await until(() => connections.length === 1);
    connections[0]!.pause();
    // Three pings long.
    await staysTrue(() => story.length === 0, 350);
    connections[0]!.resume();
    socket.send('alive');
    await until(() => story.length > 0);
    t.same(story, ['alive']);
  });

  t.test('a goodbye with half a status, or with none, is one', async (t) => {
    const { port, story } = await stand(t, make);
    for (const payload of ['', 'x']) {
      story.length = 0;
      const raw = await openRawSocket(port);
      raw.write({ opcode: close, payload });
      await raw.ended;
      await until(() => story.length > 0);
      t.match(story, [/^close /]);
      t.equal(story.length, 1);
    }
  });
}

/** What a transport that opens its own sockets promises of those that ask nothing. uWebSockets.js does not show them. */
export function dawdlingContract(t: Test, make: Make): void {
  t.test('a request that does not come to its end is not waited for', async (t) => {
    const { port } = await stand(t, make, () => {}, { headersTimeoutMs: 60 });
    for (const begun of ['', 'GET / HTTP/1.1\r\nHost: x\r\n']) {
      const loris = connect(port, '127.0.0.1');
      loris.on('error', () => {});
      loris.resume();
      if (begun !== '') loris.write(begun);
      await new Promise((resolve) => loris.once('close', resolve));
      t.pass(begun === '' ? 'nothing at all' : 'half a head');
    }
  });

  t.test('of too many that ask nothing the oldest has to go; who asks comes in', async (t) => {
    const { port, dial } = await stand(t, make, () => {}, { handshakesMax: 5 });
    const gone: number[] = [];
    const open = await dial();
    const dawdlers = [];
    for (let i = 0; i < 8; i++) {
      const dawdler = connect(port, '127.0.0.1');
      dawdler.on('error', () => {});
      dawdler.once('close', () => gone.push(i));
      dawdler.resume();
      await new Promise((resolve) => dawdler.once('connect', resolve));
      dawdlers.push(dawdler);
    }
    await until(() => gone.length === 3);
    t.same(gone, [0, 1, 2]);
    t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 201);
    t.equal(open.readyState, open.OPEN, 'a session is no dawdler');
    for (const dawdler of dawdlers) dawdler.destroy();
  });
}
