import type { Config } from '../config/options.ts';
import type { GatewayOptions } from '../gateway/gateway.ts';

/** Live sessions that are always allowed when only the load limits them. Each takes about 5 MB. */
const SESSIONS_MAX = 32;
/** Sessions allowed for each stream that the machine can carry: most speakers are silent most of the time. */
const SESSIONS_PER_STREAM = 8;

/**
 * Builds the limits on clients and sessions.
 * @param streams Live streams that the machine can carry at once.
 */
export function buildGatewayLimits(config: Config, streams: number): GatewayOptions {
  const sessionsMax = config['sessions-max'] || Math.max(SESSIONS_MAX, streams * SESSIONS_PER_STREAM);
  return {
    allowedOrigins: config['allowed-origins'],
    host: config.host,
    sessionsMax,
    measured: config['sessions-max'] === 0,
    sessionsPerKeyMax: config['sessions-per-key'] || sessionsMax,
    sessionsPerAddressMax: config['sessions-per-address'] || sessionsMax,
  };
}
