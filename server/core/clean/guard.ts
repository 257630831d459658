// Placeholder of the lead until the real guard lands; overwrite freely.
export const judge = (_raw: string, _rewrite: string, _language: string): { accepted: true; changes: never[] } | { accepted: false; reason: string } => ({ accepted: true, changes: [] });
