import t from 'tap';
import { capitalise, finishSentence } from '../../../../server/core/clean/finish-sentence.ts';

t.test('a sentence gets its capital and its full stop', async (t) => {
  t.equal(finishSentence('so we go', 'en'), 'So we go.');
  t.equal(finishSentence(', and so on ,', 'en'), 'And so on.');
  t.equal(finishSentence('well , fine !', 'en'), 'Well, fine!');
  t.equal(finishSentence('done.', 'en'), 'Done.');
});

t.test('the full stop is that of the language', async (t) => {
  t.equal(finishSentence('今天很好', 'zh'), '今天很好。');
  t.equal(finishSentence('आज', 'hi'), 'आज।');
  t.equal(finishSentence('สวัสดี', 'th'), 'สวัสดี', 'Thai has none');
  t.equal(finishSentence('bonjour', 'constructor'), 'Bonjour.', 'a code that names no table');
});

t.test('a question is one only where its first words say so', async (t) => {
  t.equal(finishSentence('can you hear me', 'en'), 'Can you hear me?');
  t.equal(finishSentence("what's the plan", 'en'), "What's the plan?");
  t.equal(finishSentence('what is the plan', 'en'), 'What is the plan?');
  t.equal(finishSentence('what a day', 'en'), 'What a day.');
  t.equal(finishSentence('can you, or not', 'en'), 'Can you, or not.');
  t.equal(finishSentence('¿qué hora es', 'es'), '¿Qué hora es?');
});

t.test('"i" is a word of its own in English alone', async (t) => {
  t.equal(finishSentence("then i said i'm in", 'en'), "Then I said I'm in.");
  t.equal(finishSentence('ja i nej', 'sv'), 'Ja i nej.');
});

t.test('nothing but signs is nobody’s sentence', async (t) => {
  t.equal(finishSentence('♪', 'en'), '♪');
  t.equal(finishSentence('', 'en'), '');
});

t.test('a word of its own spelling keeps it, and Turkish has its own capitals', async (t) => {
  t.equal(capitalise('iPhone sales', 'en'), 'iPhone sales');
  t.equal(capitalise('example.com is down', 'en'), 'example.com is down');
  t.equal(capitalise('"quoted', 'en'), '"Quoted');
  t.equal(capitalise('istanbul', 'tr'), 'İstanbul');
  t.equal(capitalise('istanbul', 'en'), 'Istanbul');
});
