import { Session } from './session.ts';

// Some browsers do not have the symbol: a property named "undefined" would be defined instead.
if (Symbol.asyncDispose !== undefined)
  Object.defineProperty(Session.prototype, Symbol.asyncDispose, {
    ...{ configurable: true, writable: true },
    value: async function dispose(this: Session): Promise<void> {
      this.close();
      await this.closed;
    },
  });
