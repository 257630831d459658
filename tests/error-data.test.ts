import t from 'tap';
import { productProgram, programOfText } from './support/source-rules.ts';
import { findTextDecisions } from './support/text-rules.ts';

/** Where a program looks into the text of an error and decides nothing by it, each with its reason. */
const ALLOWED: Readonly<Record<string, string>> = {
  'server/observe/log.ts: stack.indexOf(error.message)': 'takes the text out of what is logged',
};

t.test('no program logic reads the English text of an error', async (t) => {
  const found = findTextDecisions(productProgram());
  t.same(
    found.filter((where) => ALLOWED[where] === undefined),
    [],
    'give the error a code, or a class of its own, with the data that is needed',
  );
  const unused = Object.keys(ALLOWED).filter((where) => !found.includes(where));
  t.same(unused, [], 'the list of exceptions holds nothing that is gone');
});

t.test('the rule finds decisions by a text, and no others', async (t) => {
  const found = findTextDecisions(
    programOfText(`
      declare const error: Error, cause: unknown, fault: { code: string; message: string }, event: { text: string };
      declare const log: (text: string) => void;
      if (/no such/.test(error.message)) log('a');
      if ((cause as Error).message.includes('gone')) log('b');
      if (error.message === 'not found') log('c');
      if (fault.message.toLowerCase().startsWith('it')) log('d');
      if (/x/.exec(error.message ?? '') !== null) log('e');
      switch (fault.message) { case 'one': log('f'); }
      if ((cause as { stack: string }).stack.indexOf('at ') > 0) log('g');
      log(error.message); log(error.message.slice(0, 10)); if (error.message === '') log('h');
      if (fault.code === 'server.bug' || /^audio\\./.test(fault.code)) log(fault.message);
      if (event.text.includes('word')) log('i');
    `),
  ).map((where) => where.replace('sample.ts: ', ''));
  t.same(found, [
    '/no such/.test(error.message)',
    "(cause as Error).message.includes('gone')",
    "error.message === 'not found'",
    "fault.message.toLowerCase().startsWith('it')",
    "/x/.exec(error.message ?? '')",
    "switch (fault.message) { case 'one': log('f'); }",
    "(cause as { stack: string }).stack.indexOf('at ')",
  ]);
});
