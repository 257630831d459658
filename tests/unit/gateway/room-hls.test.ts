import t from 'tap';
import { RoomHls } from '../../../server/gateway/room-hls.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { viewerCleaned, viewerFinal } from '../../support/viewer-events.ts';

t.test('a playlist of revised text closes its segments when the second hearing is over', async (t) => {
  const beganMs = 1_800_000_000_000;
  let nowMs = beganMs;
  const events = [
    viewerFinal(1, 'The wether is fine.', { cursor: 1, atMs: beganMs + 2_000, fromMs: 0, toMs: 2_000 }),
    { ...viewerCleaned(1, 'The weather is fine.'), type: 'revised' as const, cursor: 2 },
  ];
  let arrived = 0;
  const room = {
    owner: 'key',
    get events() {
      return events.slice(0, arrived).map((body) => ({ cursor: body.cursor, body }));
    },
  };
  const rooms = { find: () => room, subscribe: () => ({ [Symbol.dispose]: () => {} }) } as never;
  const hls = new RoomHls({ rooms, clock: new ManualClock(), wallMs: () => nowMs });
  const read = (text: 'revised' | 'raw'): string => {
    const asked = {
      room: 'main',
      key: undefined,
      text,
      translate: undefined,
      startMs: undefined,
      mpegts: 0,
      token: undefined,
    };
    const names = [...hls.playlist(asked).matchAll(/captions\/(\d+)\.vtt/g)].map(([, number]) => Number(number));
    return names.map((number) => hls.segment(asked, number) ?? '').join('');
  };
  t.match(
    hls.playlist({
      room: 'main',
      key: undefined,
      text: 'revised',
      translate: undefined,
      startMs: undefined,
      mpegts: 0,
      token: undefined,
    }),
    /text=revised/,
  );
  read('raw');
  arrived = 1;
  nowMs = beganMs + 20_000;
  t.match(read('raw'), /wether/);
  t.notMatch(read('revised'), /is fine/, 'it may still be revised');
  arrived = 2;
  nowMs = beganMs + 70_000;
  t.match(read('revised'), /The weather is fine/);
  t.notMatch(read('revised'), /wether/);
  t.match(read('raw'), /wether/, 'a segment that was given out does not change');
});
