import t from 'tap';
import { directionOf, pickInterfaceLanguage, say } from '../../../client/web/words/words.ts';

t.test('the interface speaks the first wanted language that it knows', async (t) => {
  t.equal(pickInterfaceLanguage(['nl-NL', 'de-AT', 'fr']), 'de');
  t.equal(pickInterfaceLanguage([undefined, null, 'zh_Hant']), 'zh');
  t.equal(pickInterfaceLanguage(['constructor', 'xx']), 'en');
  t.equal(pickInterfaceLanguage([]), 'en');
  t.equal(directionOf('ar'), 'rtl');
  t.equal(directionOf('ja'), 'ltr');
});

t.test('a gap in a text is filled in, and an unknown one stays to be seen', async (t) => {
  t.equal(say({ wait: 'Again in {seconds} s, {who}' }, 'wait', { seconds: 3 }), 'Again in 3 s, {who}');
});
