import type { MessageTable } from './messages.ts';

export type ShareMessage =
  | 'guestNote'
  | 'guestFor'
  | 'guestHour'
  | 'guestDay'
  | 'guestWeek'
  | 'guestMonth'
  | 'guestAlways'
  | 'guestMake'
  | 'guestOpen'
  | 'guestUntil'
  | 'guestRevoke'
  | 'guestRevoked'
  | 'guestLabel';

/** Texts of the part of the share menu that creates links for people without a key. */
export const SHARE_MESSAGES: MessageTable<ShareMessage> = {
  en: {
    guestNote:
      'This server requires a key. With a viewer link, people can read along without one: text only, this room only.',
    guestFor: 'Valid for',
    guestHour: 'an hour',
    guestDay: 'a day',
    guestWeek: 'a week',
    guestMonth: '30 days',
    guestAlways: 'until revoked',
    guestMake: 'Create viewer link',
    guestOpen: 'Anyone with this link can read along until you revoke it.',
    guestUntil: 'Anyone with this link can read along until {time}, or until you revoke it.',
    guestRevoke: 'Revoke link',
    guestRevoked: 'The link is revoked; everyone who used it is disconnected.',
    guestLabel: 'Shared link',
  },
  de: {
    guestNote:
      'Dieser Server verlangt einen Schlüssel. Mit einem eigenen Link lesen andere ohne ihn mit: nur Text, nur diesen Raum.',
    guestFor: 'Er gilt',
    guestHour: 'eine Stunde',
    guestDay: 'einen Tag',
    guestWeek: 'eine Woche',
    guestMonth: '30 Tage',
    guestAlways: 'bis er zurückgenommen wird',
    guestMake: 'So einen Link machen',
    guestOpen: 'Wer diesen Link hat, kann mitlesen, bis du ihn zurücknimmst.',
    guestUntil: 'Wer diesen Link hat, kann mitlesen: bis {time} oder bis du ihn zurücknimmst.',
    guestRevoke: 'Link zurücknehmen',
    guestRevoked: 'Der Link ist zurückgenommen; wer ihn benutzt hat, ist getrennt.',
    guestLabel: 'Geteilter Link',
  },
  fr: {
    guestNote:
      'Ce serveur demande une clé. Un lien à part permet de suivre sans clé : le texte seulement, cette salle seulement.',
    guestFor: 'Il est valable',
    guestHour: 'une heure',
    guestDay: 'un jour',
    guestWeek: 'une semaine',
    guestMonth: '30 jours',
    guestAlways: 'jusqu’à son retrait',
    guestMake: 'Créer ce lien',
    guestOpen: 'Toute personne qui a ce lien peut suivre, jusqu’à ce que vous le retiriez.',
    guestUntil: 'Toute personne qui a ce lien peut suivre, jusqu’au {time} ou jusqu’à ce que vous le retiriez.',
    guestRevoke: 'Retirer le lien',
    guestRevoked: 'Le lien est retiré ; qui l’utilisait est déconnecté.',
    guestLabel: 'Lien partagé',
  },
  es: {
    guestNote: 'Este servidor pide una clave. Con un enlace propio se puede leer sin ella: solo texto, solo esta sala.',
    guestFor: 'Vale',
    guestHour: 'una hora',
    guestDay: 'un día',
    guestWeek: 'una semana',
    guestMonth: '30 días',
    guestAlways: 'hasta que se retire',
    guestMake: 'Crear ese enlace',
    guestOpen: 'Quien tenga este enlace puede leer, hasta que lo retires.',
    guestUntil: 'Quien tenga este enlace puede leer, hasta {time} o hasta que lo retires.',
    guestRevoke: 'Retirar el enlace',
    guestRevoked: 'El enlace está retirado; quien lo usaba queda desconectado.',
    guestLabel: 'Enlace compartido',
  },
  pt: {
    guestNote: 'Este servidor pede uma chave. Um link próprio deixa acompanhar sem ela: só texto, só esta sala.',
    guestFor: 'Vale',
    guestHour: 'uma hora',
    guestDay: 'um dia',
    guestWeek: 'uma semana',
    guestMonth: '30 dias',
    guestAlways: 'até ser retirado',
    guestMake: 'Criar esse link',
    guestOpen: 'Quem tiver este link pode acompanhar, até o retirar.',
    guestUntil: 'Quem tiver este link pode acompanhar, até {time} ou até o retirar.',
    guestRevoke: 'Retirar o link',
    guestRevoked: 'O link foi retirado; quem o usava foi desligado.',
    guestLabel: 'Link partilhado',
  },
  ja: {
    guestNote:
      'このサーバーにはキーが必要です。専用のリンクなら、キーなしで読めます。読めるのはこのルームの文字だけです。',
    guestFor: '有効期間',
    guestHour: '1 時間',
    guestDay: '1 日',
    guestWeek: '1 週間',
    guestMonth: '30 日',
    guestAlways: '取り消すまで',
    guestMake: 'リンクを作る',
    guestOpen: '取り消すまで、このリンクを知っている人は誰でも読めます。',
    guestUntil: '{time} まで、または取り消すまで、このリンクを知っている人は誰でも読めます。',
    guestRevoke: 'リンクを取り消す',
    guestRevoked: 'リンクを取り消しました。使っていた人は切断されます。',
    guestLabel: '共有リンク',
  },
  zh: {
    guestNote: '此服务器需要密钥。专用链接让人无需密钥即可阅读：只有文字，只限此房间。',
    guestFor: '有效期',
    guestHour: '一小时',
    guestDay: '一天',
    guestWeek: '一周',
    guestMonth: '30 天',
    guestAlways: '直到撤回',
    guestMake: '生成链接',
    guestOpen: '在你撤回之前，任何拥有此链接的人都可以阅读。',
    guestUntil: '在 {time} 之前或你撤回之前，任何拥有此链接的人都可以阅读。',
    guestRevoke: '撤回链接',
    guestRevoked: '链接已撤回，使用它的人已断开。',
    guestLabel: '共享链接',
  },
  ar: {
    guestNote: 'يطلب هذا الخادم مفتاحًا. رابط خاص يتيح المتابعة دون مفتاح: النص وحده، وهذه القاعة وحدها.',
    guestFor: 'مدة صلاحيته',
    guestHour: 'ساعة',
    guestDay: 'يوم',
    guestWeek: 'أسبوع',
    guestMonth: '30 يومًا',
    guestAlways: 'إلى أن يُسحب',
    guestMake: 'أنشئ رابطًا كهذا',
    guestOpen: 'يستطيع كل من لديه هذا الرابط المتابعة إلى أن تسحبه.',
    guestUntil: 'يستطيع كل من لديه هذا الرابط المتابعة حتى {time} أو إلى أن تسحبه.',
    guestRevoke: 'اسحب الرابط',
    guestRevoked: 'سُحب الرابط، وانقطع من كان يستخدمه.',
    guestLabel: 'رابط مشارَك',
  },
};
