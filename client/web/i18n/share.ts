import type { MessageTable } from './messages.ts';

export type ShareMessage =
  | 'viewerLinkNote'
  | 'viewerValidFor'
  | 'viewerHour'
  | 'viewerDay'
  | 'viewerWeek'
  | 'viewerMonth'
  | 'viewerUntilRevoked'
  | 'viewerCreateLink'
  | 'viewerNoExpiry'
  | 'viewerExpiry'
  | 'viewerRevokeLink'
  | 'viewerLinkRevoked'
  | 'viewerLinkLabel';

/** Texts of the part of the share menu that creates links for people without a key. */
export const SHARE_MESSAGES: MessageTable<ShareMessage> = {
  en: {
    viewerLinkNote:
      'This server requires a key. With a viewer link, people can read along without one: text only, this room only.',
    viewerValidFor: 'Valid for',
    viewerHour: 'an hour',
    viewerDay: 'a day',
    viewerWeek: 'a week',
    viewerMonth: '30 days',
    viewerUntilRevoked: 'until revoked',
    viewerCreateLink: 'Create viewer link',
    viewerNoExpiry: 'Anyone with this link can read along until you revoke it.',
    viewerExpiry: 'Anyone with this link can read along until {time}, or until you revoke it.',
    viewerRevokeLink: 'Revoke link',
    viewerLinkRevoked: 'The link is revoked; everyone who used it is disconnected.',
    viewerLinkLabel: 'Shared link',
  },
  de: {
    viewerLinkNote:
      'Dieser Server verlangt einen Schlüssel. Mit einem eigenen Link lesen andere ohne ihn mit: nur Text, nur diesen Raum.',
    viewerValidFor: 'Er gilt',
    viewerHour: 'eine Stunde',
    viewerDay: 'einen Tag',
    viewerWeek: 'eine Woche',
    viewerMonth: '30 Tage',
    viewerUntilRevoked: 'bis er zurückgenommen wird',
    viewerCreateLink: 'So einen Link machen',
    viewerNoExpiry: 'Wer diesen Link hat, kann mitlesen, bis du ihn zurücknimmst.',
    viewerExpiry: 'Wer diesen Link hat, kann mitlesen: bis {time} oder bis du ihn zurücknimmst.',
    viewerRevokeLink: 'Link zurücknehmen',
    viewerLinkRevoked: 'Der Link ist zurückgenommen; wer ihn benutzt hat, ist getrennt.',
    viewerLinkLabel: 'Geteilter Link',
  },
  fr: {
    viewerLinkNote:
      'Ce serveur demande une clé. Un lien à part permet de suivre sans clé : le texte seulement, cette salle seulement.',
    viewerValidFor: 'Il est valable',
    viewerHour: 'une heure',
    viewerDay: 'un jour',
    viewerWeek: 'une semaine',
    viewerMonth: '30 jours',
    viewerUntilRevoked: 'jusqu’à son retrait',
    viewerCreateLink: 'Créer ce lien',
    viewerNoExpiry: 'Toute personne qui a ce lien peut suivre, jusqu’à ce que vous le retiriez.',
    viewerExpiry: 'Toute personne qui a ce lien peut suivre, jusqu’au {time} ou jusqu’à ce que vous le retiriez.',
    viewerRevokeLink: 'Retirer le lien',
    viewerLinkRevoked: 'Le lien est retiré ; qui l’utilisait est déconnecté.',
    viewerLinkLabel: 'Lien partagé',
  },
  es: {
    viewerLinkNote:
      'Este servidor pide una clave. Con un enlace propio se puede leer sin ella: solo texto, solo esta sala.',
    viewerValidFor: 'Vale',
    viewerHour: 'una hora',
    viewerDay: 'un día',
    viewerWeek: 'una semana',
    viewerMonth: '30 días',
    viewerUntilRevoked: 'hasta que se retire',
    viewerCreateLink: 'Crear ese enlace',
    viewerNoExpiry: 'Quien tenga este enlace puede leer, hasta que lo retires.',
    viewerExpiry: 'Quien tenga este enlace puede leer, hasta {time} o hasta que lo retires.',
    viewerRevokeLink: 'Retirar el enlace',
    viewerLinkRevoked: 'El enlace está retirado; quien lo usaba queda desconectado.',
    viewerLinkLabel: 'Enlace compartido',
  },
  pt: {
    viewerLinkNote: 'Este servidor pede uma chave. Um link próprio deixa acompanhar sem ela: só texto, só esta sala.',
    viewerValidFor: 'Vale',
    viewerHour: 'uma hora',
    viewerDay: 'um dia',
    viewerWeek: 'uma semana',
    viewerMonth: '30 dias',
    viewerUntilRevoked: 'até ser retirado',
    viewerCreateLink: 'Criar esse link',
    viewerNoExpiry: 'Quem tiver este link pode acompanhar, até o retirar.',
    viewerExpiry: 'Quem tiver este link pode acompanhar, até {time} ou até o retirar.',
    viewerRevokeLink: 'Retirar o link',
    viewerLinkRevoked: 'O link foi retirado; quem o usava foi desligado.',
    viewerLinkLabel: 'Link partilhado',
  },
  ja: {
    viewerLinkNote:
      'このサーバーにはキーが必要です。専用のリンクなら、キーなしで読めます。読めるのはこのルームの文字だけです。',
    viewerValidFor: '有効期間',
    viewerHour: '1 時間',
    viewerDay: '1 日',
    viewerWeek: '1 週間',
    viewerMonth: '30 日',
    viewerUntilRevoked: '取り消すまで',
    viewerCreateLink: 'リンクを作る',
    viewerNoExpiry: '取り消すまで、このリンクを知っている人は誰でも読めます。',
    viewerExpiry: '{time} まで、または取り消すまで、このリンクを知っている人は誰でも読めます。',
    viewerRevokeLink: 'リンクを取り消す',
    viewerLinkRevoked: 'リンクを取り消しました。使っていた人は切断されます。',
    viewerLinkLabel: '共有リンク',
  },
  zh: {
    viewerLinkNote: '此服务器需要密钥。专用链接让人无需密钥即可阅读：只有文字，只限此房间。',
    viewerValidFor: '有效期',
    viewerHour: '一小时',
    viewerDay: '一天',
    viewerWeek: '一周',
    viewerMonth: '30 天',
    viewerUntilRevoked: '直到撤回',
    viewerCreateLink: '生成链接',
    viewerNoExpiry: '在你撤回之前，任何拥有此链接的人都可以阅读。',
    viewerExpiry: '在 {time} 之前或你撤回之前，任何拥有此链接的人都可以阅读。',
    viewerRevokeLink: '撤回链接',
    viewerLinkRevoked: '链接已撤回，使用它的人已断开。',
    viewerLinkLabel: '共享链接',
  },
  ar: {
    viewerLinkNote: 'يطلب هذا الخادم مفتاحًا. رابط خاص يتيح المتابعة دون مفتاح: النص وحده، وهذه القاعة وحدها.',
    viewerValidFor: 'مدة صلاحيته',
    viewerHour: 'ساعة',
    viewerDay: 'يوم',
    viewerWeek: 'أسبوع',
    viewerMonth: '30 يومًا',
    viewerUntilRevoked: 'إلى أن يُسحب',
    viewerCreateLink: 'أنشئ رابطًا كهذا',
    viewerNoExpiry: 'يستطيع كل من لديه هذا الرابط المتابعة إلى أن تسحبه.',
    viewerExpiry: 'يستطيع كل من لديه هذا الرابط المتابعة حتى {time} أو إلى أن تسحبه.',
    viewerRevokeLink: 'اسحب الرابط',
    viewerLinkRevoked: 'سُحب الرابط، وانقطع من كان يستخدمه.',
    viewerLinkLabel: 'رابط مشارَك',
  },
};
