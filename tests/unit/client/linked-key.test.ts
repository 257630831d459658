import t from 'tap';
import { decideOnKey, keyInHash } from '../../../client/web/entry/linked-key.ts';
import { ENTRY_WORDS } from '../../../client/web/words/entry.ts';

t.test('a key that a link brings replaces none that is held without asking', async (t) => {
  t.equal(decideOnKey(undefined, 'new'), 'take');
  t.equal(decideOnKey('old', 'new'), 'ask');
  t.equal(decideOnKey('old', 'old'), 'keep');
});

t.test('a key is read from behind the hash, and a viewer token is left to its page', async (t) => {
  t.equal(keyInHash('#key=a%2Fb', 'speaker'), 'a/b');
  t.equal(keyInHash('#token=eyJ', 'speaker'), 'eyJ');
  t.equal(keyInHash('#token=view_1', 'viewer'), undefined);
  t.equal(keyInHash('#key=a', 'viewer'), 'a');
  t.equal(keyInHash('#key=%zz', 'speaker'), '%zz');
  for (const hash of ['', '#', '#key=', '#key=a&key=b', '#other=a'])
    t.equal(keyInHash(hash, 'speaker'), undefined, hash);
});

t.test('the question names the server in every language', async (t) => {
  for (const [language, words] of Object.entries(ENTRY_WORDS)) t.match(words.linkAbout, '{server}', language);
});
