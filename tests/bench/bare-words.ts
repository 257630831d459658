/** A word without case, punctuation and apostrophes, as two texts are compared. */
export const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** The same with its apostrophes. */
export const bareWithApostrophes = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '');
