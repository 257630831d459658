/** An error response of the server. `code` is a fault of the protocol, if the server gave one; the message is for people. */
export class ServerError extends Error {
  readonly code: string | undefined;
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, fault: { readonly code?: string; readonly text?: string } | undefined) {
    super(fault?.text ?? `The server answered with status ${status}.`);
    this.name = 'ServerError';
    this.status = status;
    this.code = fault?.code;
  }
}
