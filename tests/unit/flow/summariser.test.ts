import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import type { StoredTranscript } from '../../../protocol/index.ts';
import { OpenAiAssistant } from '../../../server/assistant/openai-assistant.ts';
import { Summariser } from '../../../server/flow/summariser.ts';

interface Asked {
  readonly system: string;
  readonly user: string;
  readonly format: string | undefined;
}

/** An OpenAI-compatible server whose answers are scripted; a number is a bare HTTP status. */
async function openModel(t: Test, answer: (asked: Asked, count: number) => string | number | undefined) {
  const asked: Asked[] = [];
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text);
    const [system, user] = body.messages.map(({ content }: { content: string }) => content);
    asked.push({ system, user, format: body.response_format?.type });
    const reply = answer(asked.at(-1)!, asked.length);
    // No answer at all: the connection stays as it is.
    if (reply === undefined) return;
    response.statusCode = typeof reply === 'number' ? reply : 200;
    response.end(typeof reply === 'number' ? '{}' : JSON.stringify({ choices: [{ message: { content: reply } }] }));
  };
  const server = createServer((request, response) => void reply(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/v1/`;
  return { url, asked };
}

const SENTENCES = [
  'The new printer costs four hundred euros.',
  'We buy the printer in March.',
  'Anna will order it on Friday.',
  'It rained all day.',
];

function transcriptOf(texts: readonly string[] = SENTENCES): StoredTranscript {
  return {
    ...{ id: 'id', title: 'T', startedAt: '2026-01-01T00:00:00.000Z', durationMs: 9_000, language: 'en' },
    speakers: { 0: 'Me', 1: 'Berta' },
    notes: [],
    sentences: texts.map((text, i) => ({
      ...{ part: 1, channel: i % 2, sentence: i + 1, text, highlight: false, language: 'en' },
      ...{ fromMs: i * 1_000, toMs: i * 1_000 + 900 },
    })),
  };
}

const summariserOf = (url: string, timeoutMs?: number): Summariser =>
  new Summariser(new OpenAiAssistant({ url, model: 'scripted', timeoutMs }), () => 0);

const HONEST = {
  summary: [{ text: 'A printer for four hundred euros was discussed.', from: [1] }],
  decisions: [{ text: 'The printer is bought in March.', from: [2] }],
  actions: [{ text: 'Order the printer on Friday.', owner: 'Anna', from: [2, 3] }],
};

t.test('claims come with the names of the sentences they rest on', async (t) => {
  const { url, asked } = await openModel(t, () => JSON.stringify(HONEST));
  const summary = await summariserOf(url).summarise(transcriptOf(), 'Be brief.');
  t.same(summary, {
    summary: [{ text: HONEST.summary[0]!.text, from: ['1.0.1'] }],
    decisions: [{ text: HONEST.decisions[0]!.text, from: ['1.1.2'] }],
    actions: [{ text: HONEST.actions[0]!.text, owner: 'Anna', from: ['1.1.2', '1.0.3'] }],
    ...{ model: 'scripted', createdAt: '1970-01-01T00:00:00.000Z', dropped: 0 },
  });
  t.match(asked[0]!.system, /Be brief\./);
  t.match(asked[0]!.user, /\[2\] Berta: We buy the printer in March\./);
  t.equal(asked[0]!.format, 'json_schema');
});

t.test('what no sentence bears out is not shown', async (t) => {
  const lies = {
    summary: [
      { text: 'The company was sold to a competitor.', from: [4] },
      { text: 'The printer is green.', from: [99, 0, -1, 1.5] },
      { text: 'The printer is blue.', from: [] },
      { text: 'The printer is red.' },
      { text: 'They were very, very nice to each other.', from: [1, 2, 3, 4] },
      { text: '', from: [1] },
      'The printer.',
      null,
      { text: 'A printer costs four hundred euros.', from: ['1', '[2]', 77] },
    ],
    decisions: 'none',
    actions: [{ text: 'Order the printer.', owner: 'Napoleon', from: [2, 3] }],
  };
  const { url } = await openModel(t, () => JSON.stringify(lies));
  const summary = await summariserOf(url).summarise(transcriptOf(), '');
  t.same(summary.summary, [{ text: 'A printer costs four hundred euros.', from: ['1.0.1', '1.1.2'] }]);
  t.same(summary.decisions, []);
  t.same(summary.actions, [{ text: 'Order the printer.', from: ['1.1.2', '1.0.3'] }], 'nobody named Napoleon');
  t.equal(summary.dropped, 5);
});

t.test('an answer is found between thoughts, prose and fences', async (t) => {
  const json = JSON.stringify(
    { ...HONEST, summary: [{ text: 'A {printer} "for" four hundred euros.', from: [1] }] },
    null,
    2,
  );
  for (const reply of [
    `<think>{"summary": [{"text": "no"}]}</think>Sure! Here it is:\n\`\`\`json\n${json}\n\`\`\`\nAnything else?`,
    `I {think} so: ${json}`,
  ]) {
    const { url, asked } = await openModel(t, () => reply);
    const summary = await summariserOf(url).summarise(transcriptOf(), '');
    t.equal(summary.summary[0]?.text, 'A {printer} "for" four hundred euros.');
    t.equal(asked.length, 1);
  }
});

t.test('a reply that is no JSON is asked for once more, then it is a fault', async (t) => {
  const once = await openModel(t, (_, count) => (count === 1 ? 'I cannot do that.' : JSON.stringify(HONEST)));
  t.equal((await summariserOf(once.url).summarise(transcriptOf(), '')).decisions.length, 1);
  t.match(once.asked[1]!.user, /JSON object alone/);
  const never = await openModel(t, () => '{"summary": [');
  await t.rejects(summariserOf(never.url).summarise(transcriptOf(), ''), {
    code: 'assistant.failed',
    message: /not the JSON/,
  });
  t.equal(never.asked.length, 2);
});

t.test('a server that knows no schema is asked without, and not again with one', async (t) => {
  const { url, asked } = await openModel(t, ({ format }) => (format === undefined ? JSON.stringify(HONEST) : 400));
  const summariser = summariserOf(url);
  await summariser.summarise(transcriptOf(), '');
  await summariser.summarise(transcriptOf(), 'again');
  t.same(
    asked.map(({ format }) => format),
    ['json_schema', 'json_object', undefined, undefined],
  );
});

t.test('a server that fails, is silent or is not there is a fault that says so', async (t) => {
  const failing = await openModel(t, () => 500);
  await t.rejects(summariserOf(failing.url).summarise(transcriptOf(), ''), {
    code: 'assistant.failed',
    message: /answered 500/,
  });
  const silent = await openModel(t, () => undefined);
  await t.rejects(summariserOf(silent.url, 30).summarise(transcriptOf(), ''), {
    code: 'assistant.failed',
    message: /in time/,
  });
  await t.rejects(summariserOf('http://127.0.0.1:9/v1').summarise(transcriptOf(), ''), {
    message: /cannot be reached/,
  });
  await t.rejects(new Summariser(undefined, () => 0).summarise(transcriptOf(), ''), { code: 'summary.absent' });
});

t.test('a long transcript is read in pieces, and their claims are put together', async (t) => {
  const many = Array.from(
    { length: 900 },
    (_, i) => `Sentence about topic${i} that goes on for a little while longer.`,
  );
  const { url, asked } = await openModel(t, ({ user }) => {
    const merging = user.startsWith('These are the claims');
    const numbers = merging
      ? [...user.matchAll(/from (\d+)\)/g)].map((match) => Number(match[1]))
      : [Number(/\[(\d+)\]/.exec(user)![1])];
    const summary = numbers.map((number) => ({ text: `It is about topic${number - 1}.`, from: [number] }));
    return JSON.stringify({ summary, decisions: [], actions: [] });
  });
  const { summary } = await summariserOf(url).summarise(transcriptOf(many), 'All topics.');
  const pieces = asked.filter(({ user }) => user.startsWith('Transcript, piece'));
  t.ok(pieces.length >= 3, `${pieces.length} pieces`);
  t.equal(asked.length, pieces.length + 1);
  t.equal(summary.length, pieces.length);
  const lines = pieces.flatMap(({ user }) => [...user.matchAll(/^\[(\d+)\]/gm)].map((match) => Number(match[1])));
  t.same(
    lines,
    many.map((_, i) => i + 1),
    'every sentence was shown once, in order',
  );
  for (const { system, user } of asked) t.ok(system.length + user.length <= 20_000);
});

t.test('claims that were checked are not lost when they cannot be put together', async (t) => {
  const many = Array.from(
    { length: 700 },
    (_, i) => `Sentence about topic${i} that goes on for a little while longer.`,
  );
  const { url } = await openModel(t, ({ user }) => {
    if (user.startsWith('These')) return 'no';
    const number = Number(/\[(\d+)\]/.exec(user)![1]);
    return JSON.stringify({ summary: [{ text: `topic${number - 1}`, from: [number] }], decisions: [], actions: [] });
  });
  const { summary } = await summariserOf(url).summarise(transcriptOf(many), '');
  t.ok(summary.length >= 2);
});

t.test(
  'who asks the same while it is written gets the same; others wait their turn, but not without end',
  async (t) => {
    const { url, asked } = await openModel(t, () => JSON.stringify(HONEST));
    const summariser = summariserOf(url);
    const first = summariser.summarise(transcriptOf(), 'x');
    t.equal(summariser.summarise(transcriptOf(), 'x'), first);
    const others = Array.from({ length: 6 }, (_, i) => summariser.summarise({ ...transcriptOf(), id: `${i}` }, 'x'));
    const ends = await Promise.allSettled([first, ...others]);
    t.equal(ends.filter(({ status }) => status === 'rejected').length, 2);
    t.equal(asked.length, 5);
  },
);

t.test('nothing said is nothing to ask about', async (t) => {
  const { url, asked } = await openModel(t, () => 500);
  t.match(await summariserOf(url).summarise(transcriptOf([]), ''), { summary: [], dropped: 0 });
  t.equal(asked.length, 0);
});
