import type { MessageTable } from './messages.ts';

/** Texts of the overlay's notices. */
export const OVERLAY_MESSAGES: MessageTable<'connecting' | 'revoked' | 'denied'> = {
  en: {
    connecting: 'Connecting to {host} …',
    revoked: 'This caption link was revoked. Ask for a new one.',
    denied: 'This caption link is not valid: {reason}',
  },
  de: {
    connecting: 'Verbindung zu {host} …',
    revoked: 'Dieser Untertitel-Link wurde zurückgezogen. Bitte um einen neuen.',
    denied: 'Dieser Untertitel-Link gilt nicht: {reason}',
  },
  fr: {
    connecting: 'Connexion à {host} …',
    revoked: 'Ce lien de sous-titres a été révoqué. Demandez-en un nouveau.',
    denied: 'Ce lien de sous-titres n’est pas valable : {reason}',
  },
  es: {
    connecting: 'Conectando con {host} …',
    revoked: 'Este enlace de subtítulos fue revocado. Pide uno nuevo.',
    denied: 'Este enlace de subtítulos no es válido: {reason}',
  },
  pt: {
    connecting: 'A ligar a {host} …',
    revoked: 'Este link de legendas foi revogado. Peça um novo.',
    denied: 'Este link de legendas não é válido: {reason}',
  },
  ja: {
    connecting: '{host} に接続しています…',
    revoked: 'この字幕リンクは無効にされました。新しいリンクを受け取ってください。',
    denied: 'この字幕リンクは使えません: {reason}',
  },
  zh: {
    connecting: '正在连接 {host} …',
    revoked: '此字幕链接已被撤销，请索取新链接。',
    denied: '此字幕链接无效：{reason}',
  },
  ar: {
    connecting: 'جارٍ الاتصال بـ {host} …',
    revoked: 'أُلغي رابط التسميات التوضيحية هذا. اطلب رابطًا جديدًا.',
    denied: 'رابط التسميات التوضيحية هذا غير صالح: {reason}',
  },
};
