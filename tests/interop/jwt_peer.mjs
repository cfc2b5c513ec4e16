// SPDX-License-Identifier: Apache-2.0
// The npm package `jose` as a peer for jwt_test.py: one request in JSON a line, one answer in JSON a line.
// Usage: node jwt_peer.mjs FOLDER-WITH-NODE_MODULES
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
const jose = await import(pathToFileURL(`${process.argv[2]}/node_modules/jose/dist/node/esm/index.js`).href);
const keys = new Map();

const answers = {
    // A new key pair under `kid`; the public half as a JWK.
    async generate({ alg, kid, curve }) {
        const pair = await jose.generateKeyPair(alg, { extractable: true, modulusLength: 2048, crv: curve });
        keys.set(kid, pair.privateKey);
        return { ...(await jose.exportJWK(pair.publicKey)), kid };
    },
    sign: ({ kid, head, claims }) => new jose.SignJWT(claims).setProtectedHeader(head).sign(keys.get(kid)),
    // With a shared secret: what an attacker who has a public key would try.
    mac: ({ secret, head, claims }) =>
        new jose.SignJWT(claims).setProtectedHeader(head).sign(Uint8Array.from(Buffer.from(secret, 'hex'))),
    unsecured: ({ claims }) => new jose.UnsecuredJWT(claims).encode(),
};

for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
        console.log(JSON.stringify({ value: await answers[request.ask](request) }));
    } catch (error) {
        console.log(JSON.stringify({ error: `${error.code ?? ''} ${error.message}` }));
    }
}
