import { encode } from 'uqr';

const SVG = 'http://www.w3.org/2000/svg';
/** Free modules around the code: what the standard asks for. */
const QUIET_ZONE = 4;

/** A QR code as an image; always dark on light, or half of the phones do not read it. */
export function renderQrCode(text: string, label: string): SVGSVGElement {
  const { data, size } = encode(text, { border: QUIET_ZONE, ecc: 'M' });
  const image = document.createElementNS(SVG, 'svg');
  image.setAttribute('viewBox', `0 0 ${size} ${size}`);
  image.setAttribute('role', 'img');
  image.setAttribute('aria-label', label);
  image.setAttribute('shape-rendering', 'crispEdges');
  const ground = document.createElementNS(SVG, 'path');
  ground.setAttribute('d', `M0 0h${size}v${size}h-${size}z`);
  ground.setAttribute('class', 'qr-ground');
  const modules = document.createElementNS(SVG, 'path');
  const rows = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')));
  modules.setAttribute('d', rows.join(''));
  modules.setAttribute('class', 'qr-modules');
  image.append(ground, modules);
  return image;
}

/** Can another device open this address? This machine's own names lead every phone to itself. */
export function isLocalOnlyAddress(address: string): boolean {
  const { hostname } = new URL(address);
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
