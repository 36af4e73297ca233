import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';

/** What a certificate says. Dates default to an hour ago and ten days ahead. */
export interface CertificateOptions {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority: its own certificate, and `issue` for leaves that it signs. */
export interface Authority extends KeyPair {
  issue(options: CertificateOptions): KeyPair;
}

/** A P-256 certificate authority. Node can sign bytes but not build X.509, so the DER (RFC 5280) is written here. */
export function createAuthority(options: Partial<CertificateOptions> = {}): Authority {
  const own = { commonName: 'kubevirt.io@simulator', ...options };
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name: own.commonName, key: keys.privateKey, publicKey: keys.publicKey };
  return {
    cert: build(own, keys.publicKey, issuer, true),
    key: pemOf(keys.privateKey),
    issue(leaf) {
      const leafKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return { cert: build(leaf, leafKeys.publicKey, issuer, false), key: pemOf(leafKeys.privateKey) };
    },
  };
}

/** A P-256 certificate that signs itself and is no authority. */
export function createSelfSigned(options: CertificateOptions): KeyPair {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name: options.commonName, key: keys.privateKey, publicKey: keys.publicKey };
  return { cert: build(options, keys.publicKey, issuer, false), key: pemOf(keys.privateKey) };
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
}

const HOUR_MS = 3_600_000;
const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

function build(
  options: CertificateOptions,
  publicKey: KeyObject,
  issuer: Issuer,
  authority: boolean,
): string {
  const now = Date.now();
  const toBeSigned = sequence(
    tlv(0xa0, integer(Buffer.of(2))), // version 3
    integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(
      time(options.notBefore ?? new Date(now - HOUR_MS)),
      time(options.notAfter ?? new Date(now + 240 * HOUR_MS)),
    ),
    nameOf(options.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions(options, publicKey, issuer, authority))),
  );
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign('sha256', toBeSigned, issuer.key)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensions(
  options: CertificateOptions,
  publicKey: KeyObject,
  issuer: Issuer,
  authority: boolean,
): Buffer[] {
  const names = [
    ...(options.dnsNames ?? []).map((name) => tlv(0x82, Buffer.from(name, 'ascii'))),
    ...(options.ipAddresses ?? []).map((address) => tlv(0x87, addressBytes(address))),
  ];
  // Key usage is a bit string whose first byte counts unused bits: certSign and cRLSign, or digitalSignature.
  const usage = authority ? Buffer.of(1, 0x06) : Buffer.of(7, 0x80);
  return [
    extension('2.5.29.19', sequence(...(authority ? [tlv(0x01, Buffer.of(0xff))] : [])), true),
    extension('2.5.29.15', tlv(0x03, usage), true),
    ...(authority
      ? []
      : [extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2')))]),
    extension('2.5.29.14', tlv(0x04, keyIdentifier(publicKey))),
    extension('2.5.29.35', sequence(tlv(0x80, keyIdentifier(issuer.publicKey)))),
    ...(names.length > 0 ? [extension('2.5.29.17', sequence(...names))] : []),
  ];
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.of(0xff))] : []), tlv(0x04, value));
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function nameOf(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(commonName, 'utf8')))));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '');
  const year = date.getUTCFullYear();
  // RFC 5280, 4.1.2.5: two-digit years up to 2049, four digits from 2050.
  return year < 2050 && year >= 1950
    ? tlv(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : tlv(0x18, Buffer.from(digits, 'ascii'));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  if (!isIPv6(address)) {
    throw new Error(
      `certificate: ipAddresses has "${address}", which is no IP address; put names into dnsNames`,
    );
  }
  const [head = '', tail = ''] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const groups = [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const base128 = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) base128.unshift((high & 0x7f) | 0x80);
    bytes.push(...base128);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function integer(bytes: Buffer): Buffer {
  // A set top bit would make it negative.
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const short = bytes.subarray(start);
  return tlv(0x02, Buffer.concat([Buffer.of(0), short].slice((short[0] ?? 0) & 0x80 ? 0 : 1)));
}

function bitString(bytes: Buffer): Buffer {
  return tlv(0x03, Buffer.concat([Buffer.of(0), bytes]));
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}
