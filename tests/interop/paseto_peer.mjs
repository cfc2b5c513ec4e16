// SPDX-License-Identifier: Apache-2.0
// The npm packages `paseto` and `@noble/hashes` as a peer for paseto_test.py: one request in JSON a line, one answer in JSON a line.
// Usage: node paseto_peer.mjs FOLDER-WITH-NODE_MODULES
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
const load = (file) => import(pathToFileURL(`${process.argv[2]}/node_modules/paseto/${file}`).href);
const { argon2id } = await import(pathToFileURL(`${process.argv[2]}/node_modules/@noble/hashes/argon2.js`).href);
const { PublicProtocol, LocalProtocol } = await load('index.js');
const signed = await load('v4/public.js');
const local = await load('v4/local.js');
const v4 = new PublicProtocol(signed.GenerateKeyPairFactory, signed.ImportSecretKeyFactory,
    signed.ExportSecretKeyFactory, signed.ImportPublicKeyFactory, signed.ExportPublicKeyFactory,
    signed.GetPublicKeyFactory, signed.SignFactory, signed.VerifyFactory);
const shared = new LocalProtocol(local.GenerateKeyFactory, local.ImportKeyFactory, local.ExportKeyFactory);

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (array) => Buffer.from(array).toString('hex');
const beside = (request) => ({ footer: bytes(request.footer), implicitAssertion: bytes(request.implicit) });

const answers = {
    capabilities: () => ({ local: Object.keys(local).sort(), signed: Object.keys(signed).sort() }),
    argon2id({ password, salt, passes, kib, lanes }) {
        return hex(argon2id(bytes(password), bytes(salt), { t: passes, m: kib, p: lanes, dkLen: 32 }));
    },
    async generate() {
        const { secretKey, publicKey } = await v4.GenerateKeyPair({ extractable: true });
        return { secret: await v4.ExportSecretKey(secretKey), public: await v4.ExportPublicKey(publicKey) };
    },
    async public({ secret }) {
        return v4.ExportPublicKey(await v4.GetPublicKey(await v4.ImportSecretKey(secret, { extractable: true })));
    },
    async generate_local() {
        return shared.ExportKey(await shared.GenerateKey({ extractable: true }));
    },
    async local({ key }) {
        return shared.ExportKey(await shared.ImportKey(key, { extractable: true }));
    },
    async sign(request) {
        const options = { ...beside(request), addIssuedAt: false };
        if (request.claims.exp === undefined) options.nonExpiring = true;
        return v4.Sign(await v4.ImportSecretKey(request.secret), request.claims, options);
    },
    async verify(request) {
        const options = { implicitAssertion: bytes(request.implicit), allowNonExpiring: true };
        if (request.now !== undefined) options.now = new Date(request.now);
        if (request.audience !== undefined) options.audience = request.audience;
        const result = await v4.Verify(await v4.ImportPublicKey(request.public), request.token, options);
        return { claims: result.claims, footer: hex(result.footer) };
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
