import { isTextEvent, type TextEvent } from '../../../transcript/sentence.ts';
import { type ViewerState, watchRoom } from '../../sdk/viewer.ts';

export type SubscriptionState =
  | { readonly state: 'connecting' | 'live' | 'lost' }
  /** The server refuses this viewer for good. */
  | { readonly state: 'refused'; readonly code: string; readonly text: string };

export interface RoomSubscriptionOptions {
  readonly room: string;
  readonly token: string;
  readonly from: 'now' | 'start';
  /** Language to receive translations in; empty for none. */
  readonly translate: string;
  onText(event: TextEvent): void;
  onState(line: SubscriptionState): void;
  /** Whether the room has sessions now. `cut`: the room no longer has everything that was said since the last connection. */
  onPresence?(room: {
    readonly state: 'live' | 'idle';
    readonly sessions: readonly string[];
    readonly cut: boolean;
  }): void;
}

/** Receives the text of a room of the page's own server. Reconnects for ever, unless the server refuses. */
export class RoomSubscription {
  readonly #viewer: { close(): void };
  #wasLive = false;

  constructor(options: RoomSubscriptionOptions) {
    const { room, token, from, translate } = options;
    this.#viewer = watchRoom({
      ...{ url: location.origin, room, from },
      ...{ token: token === '' ? undefined : token, translate: translate === '' ? undefined : translate },
      on: {
        event(event) {
          if (event.type === 'room')
            options.onPresence?.({ state: event.state, sessions: event.sessions, cut: event.cut === true });
          else if (isTextEvent(event)) options.onText(event);
        },
        state: (state) => options.onState(this.#toState(state)),
      },
    });
  }

  close(): void {
    this.#viewer.close();
  }

  #toState(viewer: ViewerState): SubscriptionState {
    if (viewer.state === 'refused') return { state: 'refused', code: viewer.fault.code, text: viewer.fault.text };
    if (viewer.state === 'connecting') return { state: this.#wasLive ? 'lost' : 'connecting' };
    this.#wasLive = true;
    return { state: 'live' };
  }
}
