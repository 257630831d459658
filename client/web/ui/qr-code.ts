import { encode } from 'uqr';

const SVG = 'http://www.w3.org/2000/svg';
/** Empty modules around the code, as the standard requires. */
const QUIET_ZONE = 4;

/** Draws a QR code; always dark on light, because many phones cannot read the inverse. */
export function renderQrCode(text: string, label: string): SVGSVGElement {
  const { data, size } = encode(text, { border: QUIET_ZONE, ecc: 'M' });
  const image = document.createElementNS(SVG, 'svg');
  image.setAttribute('viewBox', `0 0 ${size} ${size}`);
  image.setAttribute('role', 'img');
  image.setAttribute('aria-label', label);
  image.setAttribute('shape-rendering', 'crispEdges');
  const ground = document.createElementNS(SVG, 'path');
  ground.setAttribute('d', `M0 0h${size}v${size}h-${size}z`);
  ground.setAttribute('class', 'qr-background');
  const modules = document.createElementNS(SVG, 'path');
  const rows = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')));
  modules.setAttribute('d', rows.join(''));
  modules.setAttribute('class', 'qr-modules');
  image.append(ground, modules);
  return image;
}

/** Whether only this machine can open the address: on another device its host name means that device itself. */
export function isLocalOnlyAddress(address: string): boolean {
  const { hostname } = new URL(address);
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
