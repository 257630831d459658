/** Something the user can mend; printed as one line, without a stack. */
export class UserError extends Error {}
