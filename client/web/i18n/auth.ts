import type { MessageTable } from './messages.ts';

export type AuthMessage =
  | 'keyTitle'
  | 'keyAbout'
  | 'keyAboutViewer'
  | 'keyField'
  | 'keyRemember'
  | 'keyStorageNote'
  | 'keyForget'
  | 'keySubmit'
  | 'keyEmpty'
  | 'keyInvalid'
  | 'linkTitle'
  | 'linkAbout'
  | 'linkKeep'
  | 'linkReplace'
  | 'cancel';

/** Texts of the dialog that asks for a key. */
export const AUTH_MESSAGES: MessageTable<AuthMessage> = {
  en: {
    keyTitle: 'This server requires a key',
    keyAbout: 'Ask whoever runs the server for a key or a token.',
    keyAboutViewer: 'To read along you need a link with a token, or a key for this server.',
    keyField: 'Key, token, or the link you were sent',
    keyRemember: 'Remember it in this browser',
    keyStorageNote: 'Otherwise it is forgotten when this tab is closed.',
    keyForget: 'Forget key',
    keySubmit: 'Continue',
    keyEmpty: 'Enter a key or a token.',
    keyInvalid: 'This contains characters that are not allowed in a key.',
    linkTitle: 'This link contains a key',
    linkAbout:
      'The link contains a key for {server}, and this browser already has another one. With the key from the link, everything you say and save here belongs to the owner of that key. Use it only if you trust the person who sent the link.',
    linkKeep: 'Keep my key',
    linkReplace: 'Use the key from the link',
    cancel: 'Cancel',
  },
  de: {
    keyTitle: 'Dieser Server verlangt einen Schlüssel',
    keyAbout: 'Wer den Server betreibt, gibt dir einen Schlüssel oder ein Token.',
    keyAboutViewer: 'Mitlesen kannst du mit einem Link, der ein Token enthält, oder mit einem Schlüssel des Servers.',
    keyField: 'Schlüssel, Token oder der Link, den du bekommen hast',
    keyRemember: 'In diesem Browser merken',
    keyStorageNote: 'Sonst wird er vergessen, wenn dieser Tab geschlossen wird.',
    keyForget: 'Vergessen',
    keySubmit: 'Hinein',
    keyEmpty: 'Gib einen Schlüssel oder ein Token ein.',
    keyInvalid: 'Darin sind Zeichen, die kein Schlüssel hat.',
    linkTitle: 'Dieser Link bringt einen Schlüssel mit',
    linkAbout:
      'Der Link enthält einen Schlüssel für {server}, und dieser Browser hat dafür schon einen anderen. Mit dem Schlüssel aus dem Link gehört, was du hier sagst und aufbewahrst, dem Besitzer jenes Schlüssels. Nimm ihn nur, wenn du der Person vertraust, die den Link geschickt hat.',
    linkKeep: 'Meinen behalten',
    linkReplace: 'Den aus dem Link nehmen',
    cancel: 'Abbrechen',
  },
  fr: {
    keyTitle: 'Ce serveur demande une clé',
    keyAbout: 'La personne qui gère le serveur vous donne une clé ou un jeton.',
    keyAboutViewer: 'Un lien avec un jeton permet de suivre ; une clé de ce serveur aussi.',
    keyField: 'Clé, jeton ou lien reçu',
    keyRemember: 'La retenir dans ce navigateur',
    keyStorageNote: 'Sinon elle est oubliée à la fermeture de cet onglet.',
    keyForget: 'Oublier',
    keySubmit: 'Entrer',
    keyEmpty: 'Saisissez une clé ou un jeton.',
    keyInvalid: 'Il y a là des caractères qu’aucune clé ne contient.',
    linkTitle: 'Ce lien apporte une clé',
    linkAbout:
      'Le lien contient une clé pour {server}, et ce navigateur en a déjà une autre. Avec la clé du lien, ce que vous dites et conservez ici appartient au propriétaire de cette clé. Ne l’utilisez que si vous faites confiance à la personne qui a envoyé le lien.',
    linkKeep: 'Garder ma clé',
    linkReplace: 'Utiliser celle du lien',
    cancel: 'Annuler',
  },
  es: {
    keyTitle: 'Este servidor pide una clave',
    keyAbout: 'Quien gestiona el servidor te da una clave o un token.',
    keyAboutViewer: 'Puedes leer con un enlace que lleve un token, o con una clave de este servidor.',
    keyField: 'Clave, token o el enlace que te enviaron',
    keyRemember: 'Recordarla en este navegador',
    keyStorageNote: 'Si no, se olvida al cerrar esta pestaña.',
    keyForget: 'Olvidarla',
    keySubmit: 'Entrar',
    keyEmpty: 'Escribe una clave o un token.',
    keyInvalid: 'Contiene caracteres que ninguna clave tiene.',
    linkTitle: 'Este enlace trae una clave',
    linkAbout:
      'El enlace contiene una clave para {server}, y este navegador ya tiene otra. Con la clave del enlace, lo que digas y guardes aquí pertenece a quien posee esa clave. Úsala solo si confías en quien envió el enlace.',
    linkKeep: 'Conservar mi clave',
    linkReplace: 'Usar la del enlace',
    cancel: 'Cancelar',
  },
  pt: {
    keyTitle: 'Este servidor pede uma chave',
    keyAbout: 'Quem gere o servidor dá-lhe uma chave ou um token.',
    keyAboutViewer: 'Pode acompanhar com um link que traga um token, ou com uma chave deste servidor.',
    keyField: 'Chave, token ou o link que recebeu',
    keyRemember: 'Guardar neste navegador',
    keyStorageNote: 'Caso contrário, é esquecida quando este separador for fechado.',
    keyForget: 'Esquecer',
    keySubmit: 'Entrar',
    keyEmpty: 'Introduza uma chave ou um token.',
    keyInvalid: 'Contém caracteres que nenhuma chave tem.',
    linkTitle: 'Este link traz uma chave',
    linkAbout:
      'O link contém uma chave para {server}, e este navegador já tem outra. Com a chave do link, o que disser e guardar aqui pertence a quem possui essa chave. Use-a apenas se confiar em quem enviou o link.',
    linkKeep: 'Manter a minha chave',
    linkReplace: 'Usar a do link',
    cancel: 'Cancelar',
  },
  ja: {
    keyTitle: 'このサーバーにはキーが必要です',
    keyAbout: 'キーまたはトークンは、サーバーの管理者から受け取ってください。',
    keyAboutViewer: 'トークン付きのリンク、またはこのサーバーのキーで読むことができます。',
    keyField: 'キー、トークン、または受け取ったリンク',
    keyRemember: 'このブラウザーに保存する',
    keyStorageNote: '保存しない場合、このタブを閉じると忘れられます。',
    keyForget: '削除する',
    keySubmit: '入る',
    keyEmpty: 'キーまたはトークンを入力してください。',
    keyInvalid: 'キーに使われない文字が含まれています。',
    linkTitle: 'このリンクにはキーが含まれています',
    linkAbout:
      'リンクには {server} のキーが含まれていますが、このブラウザーは別のキーをすでに持っています。リンクのキーを使うと、ここで話した内容と保存した内容は、そのキーの持ち主のものになります。リンクの送り主を信頼できる場合にだけ使ってください。',
    linkKeep: '自分のキーを使い続ける',
    linkReplace: 'リンクのキーを使う',
    cancel: 'キャンセル',
  },
  zh: {
    keyTitle: '此服务器需要密钥',
    keyAbout: '密钥或令牌由服务器管理者提供。',
    keyAboutViewer: '带令牌的链接或此服务器的密钥都可以用来阅读。',
    keyField: '密钥、令牌或收到的链接',
    keyRemember: '在此浏览器中记住',
    keyStorageNote: '否则关闭此标签页后即会忘记。',
    keyForget: '忘记',
    keySubmit: '进入',
    keyEmpty: '请输入密钥或令牌。',
    keyInvalid: '其中含有密钥不会有的字符。',
    linkTitle: '此链接带有密钥',
    linkAbout:
      '链接中含有 {server} 的密钥，而此浏览器已有另一个密钥。使用链接中的密钥后，你在这里所说和保存的内容将归该密钥的所有者。仅在你信任发送链接的人时才使用它。',
    linkKeep: '保留我的密钥',
    linkReplace: '使用链接中的密钥',
    cancel: '取消',
  },
  ar: {
    keyTitle: 'يطلب هذا الخادم مفتاحًا',
    keyAbout: 'يعطيك من يدير الخادم مفتاحًا أو رمزًا.',
    keyAboutViewer: 'يمكنك المتابعة برابط يحمل رمزًا، أو بمفتاح لهذا الخادم.',
    keyField: 'المفتاح أو الرمز أو الرابط الذي وصلك',
    keyRemember: 'تذكّره في هذا المتصفح',
    keyStorageNote: 'وإلا فسيُنسى عند إغلاق علامة التبويب هذه.',
    keyForget: 'انسَه',
    keySubmit: 'دخول',
    keyEmpty: 'أدخل مفتاحًا أو رمزًا.',
    keyInvalid: 'فيه محارف لا توجد في أي مفتاح.',
    linkTitle: 'يحمل هذا الرابط مفتاحًا',
    linkAbout:
      'يحتوي الرابط على مفتاح للخادم {server}، ولدى هذا المتصفح مفتاح آخر له. إذا استخدمت مفتاح الرابط فسيكون ما تقوله وتحفظه هنا ملكًا لصاحب ذلك المفتاح. لا تستخدمه إلا إذا كنت تثق بمن أرسل الرابط.',
    linkKeep: 'الاحتفاظ بمفتاحي',
    linkReplace: 'استخدام مفتاح الرابط',
    cancel: 'إلغاء',
  },
};
