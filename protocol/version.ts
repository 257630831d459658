/** The WebSocket subprotocol. A new major version gets a new name, so that both can be served side by side. */
export const SUBPROTOCOL = 'sotto.v1';
/** Path of the native protocol. */
export const STREAM_PATH = '/v1/stream';
/** The subprotocol of viewers, who only receive. */
export const VIEW_SUBPROTOCOL = 'sotto.view.v1';
/** Path under which rooms are watched; the room's name follows it. */
export const ROOMS_PATH = '/v1/rooms/';
