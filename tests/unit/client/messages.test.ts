import t from 'tap';
import { getTextDirection, pickInterfaceLanguage, translate } from '../../../client/web/i18n/messages.ts';

t.test('the interface speaks the first wanted language that it knows', async (t) => {
  t.equal(pickInterfaceLanguage(['nl-NL', 'de-AT', 'fr']), 'de');
  t.equal(pickInterfaceLanguage([undefined, null, 'zh_Hant']), 'zh');
  t.equal(pickInterfaceLanguage(['constructor', 'xx']), 'en');
  t.equal(pickInterfaceLanguage([]), 'en');
  t.equal(getTextDirection('ar'), 'rtl');
  t.equal(getTextDirection('ja'), 'ltr');
});

t.test('a gap in a text is filled in, and an unknown one stays to be seen', async (t) => {
  t.equal(translate({ wait: 'Again in {seconds} s, {who}' }, 'wait', { seconds: 3 }), 'Again in 3 s, {who}');
});
