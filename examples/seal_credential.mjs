// SPDX-License-Identifier: Apache-2.0
// Seals a password, PIN, card or token in the browser (or in Node) so that only the server that judges it can read it.
// To be copied into a page of one's own; docs/credentials.md says what each field means.
//   npm install @hpke/core@1.9.0 @hpke/hybridkem-x-wing@0.7.0
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';

const utf8 = (text) => new TextEncoder().encode(text);
const uuid = (text) => Uint8Array.from(text.replaceAll('-', '').match(/../g), (pair) => parseInt(pair, 16));
const bigEndian = (value, bytes) => Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const field = (bytes) => join(bigEndian(bytes.length, 4), bytes);

export const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
export const info = utf8('safeq/credential/v1');

/** What the credential is bound to: `tenant`, `device` or `listener` are UUIDs, `made` milliseconds since 1970 by the
 * server's clock, `nonce` 16 bytes never used before. */
export function associatedData({ tenant, device, listener, factor, user, address, audience, made, nonce }) {
    const number = { password: 1, token: 2, pin: 3, card: 4 }[factor];
    if (number === undefined || !device === !listener) throw new TypeError('a factor, and either a device or a listener');
    return join(field(uuid(tenant)), [device ? 1 : 2], field(uuid(device ?? listener)), [number], field(utf8(user)),
        field(utf8(address)), field(utf8(audience)), bigEndian(made, 8), field(nonce));
}

/** The sealed credential: 1120 bytes of X-Wing, then the ciphertext. `publicKey` are the server's 1216 bytes. */
export async function sealCredential(publicKey, context, secret) {
    const recipientPublicKey = await suite.kem.deserializePublicKey(publicKey);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, utf8(secret), associatedData(context));
    return join(new Uint8Array(enc), new Uint8Array(ct));
}
