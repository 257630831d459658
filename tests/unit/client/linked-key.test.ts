import t from 'tap';
import { decideOnLinkedKey, readKeyFromHash } from '../../../client/web/auth/linked-key.ts';
import { AUTH_MESSAGES } from '../../../client/web/i18n/auth.ts';

t.test('a key that a link brings replaces none that is held without asking', async (t) => {
  t.equal(decideOnLinkedKey(undefined, 'new'), 'take');
  t.equal(decideOnLinkedKey('old', 'new'), 'ask');
  t.equal(decideOnLinkedKey('old', 'old'), 'keep');
});

t.test('a key is read from behind the hash, and a viewer token is left to its page', async (t) => {
  t.equal(readKeyFromHash('#key=a%2Fb', 'speaker'), 'a/b');
  t.equal(readKeyFromHash('#token=eyJ', 'speaker'), 'eyJ');
  t.equal(readKeyFromHash('#token=view_1', 'viewer'), undefined);
  t.equal(readKeyFromHash('#key=a', 'viewer'), 'a');
  t.equal(readKeyFromHash('#key=%zz', 'speaker'), '%zz');
  for (const hash of ['', '#', '#key=', '#key=a&key=b', '#other=a'])
    t.equal(readKeyFromHash(hash, 'speaker'), undefined, hash);
});

t.test('the question names the server in every language', async (t) => {
  for (const [language, words] of Object.entries(AUTH_MESSAGES)) t.match(words.linkAbout, '{server}', language);
});
