/** The WebSocket subprotocol. A new major version is a new name, so both can be served side by side. */
export const SUBPROTOCOL = 'sotto.v1';
/** Where the native protocol is served. */
export const STREAM_PATH = '/v1/stream';
/** The subprotocol of viewers, who read a room and say nothing. */
export const VIEW_SUBPROTOCOL = 'sotto.view.v1';
/** Where rooms are watched: followed by the room's name. */
export const ROOMS_PATH = '/v1/rooms/';
