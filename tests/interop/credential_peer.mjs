// SPDX-License-Identifier: Apache-2.0
// The npm packages' HPKE as a peer for credential_test.py, through examples/seal_credential.mjs beside it: one JSON
// request a line, one JSON answer a line.
import { createInterface } from 'node:readline';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
const { associatedData, info, sealCredential, suite } = await import('./seal_credential.mjs');
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (array) => Buffer.from(array).toString('hex');
const enc_bytes = 1120;

const pair = await suite.kem.generateKeyPair();
const answers = {
    async public() {
        return hex(await suite.kem.serializePublicKey(pair.publicKey));
    },
    async seal({ to, context, secret }) {
        return hex(await sealCredential(bytes(to), { ...context, nonce: bytes(context.nonce) }, secret));
    },
    async open({ context, sealed }) {
        const both = bytes(sealed);
        const aad = associatedData({ ...context, nonce: bytes(context.nonce) });
        const opened = await suite.open({ recipientKey: pair.privateKey, enc: both.slice(0, enc_bytes), info },
            both.slice(enc_bytes), aad);
        return new TextDecoder().decode(opened);
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
        answer = { value: await answers[request.ask](request) };
    } catch (error) {
        answer = { error: `${error.name}: ${error.message}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
}
