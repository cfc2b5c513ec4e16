// SPDX-License-Identifier: Apache-2.0
// The examples of docs/formats/spool_v1.md and epochs_v1.md, computed without a line of ours: X-Wing and HPKE from npm,
// the rest from node's own crypto. Prints what the pages say, a name and a value a line; spool_format_test.py compares.
import {
    createCipheriv, createHash, createHmac, createPrivateKey, createPublicKey, sign, verify, webcrypto,
} from 'node:crypto';

globalThis.crypto ??= webcrypto;
const { Aes256Gcm, CipherSuite, HkdfSha256 } = await import('@hpke/core');
const { XWing } = await import('@hpke/hybridkem-x-wing');

const times = (byte, count) => Buffer.alloc(count, byte);
const text = (string) => Buffer.from(string, 'utf8');
const number = (value, bytes) => Buffer.from(BigInt(value).toString(16).padStart(2 * bytes, '0'), 'hex');
const uuid = (string) => Buffer.from(string.replaceAll('-', ''), 'hex');
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const say = (name, value) => process.stdout.write(`${name}  ${Buffer.isBuffer(value) ? value.toString('base64') : value}\n`);

// Ed25519 from a seed: RFC 8410's PKCS#8 around 32 bytes.
const signer = (seed) => createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der', type: 'pkcs8' });
const public_half = (key) => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);

// RFC 5869, section 2.3.
function hkdf_expand_sha512(key, info, length) {
    let block = Buffer.alloc(0);
    const out = [];
    for (let counter = 1; out.length * 64 < length; ++counter) {
        block = createHmac('sha512', key).update(Buffer.concat([block, info, number(counter, 1)])).digest();
        out.push(block);
    }
    return Buffer.concat(out).subarray(0, length);
}

const example = {
    tenant: '01890a5d-ac96-774b-bcce-b302099a8053',
    job: '01890a5d-ac96-774b-bcce-b302099a8055',
    document: 1,
    owner: '01890a5d-ac96-774b-bcce-b302099a8052',
    intake: '01890a5d-ac96-774b-bcce-b302099a8056',
    created: Date.parse('2023-11-14T22:13:20.000Z'),
    plaintext: text('Payroll of November\n'),
};
const epoch_seed = times(1, 32), intake_seed = times(2, 32), document_key = times(3, 32), salt = times(4, 24);
const drawn_by_the_kem = times(5, 64), list_seed = times(6, 32);

// The header.
const fixed = Buffer.concat([number(1, 4), uuid(example.tenant), uuid(example.job), number(example.document, 4), uuid(example.owner),
    uuid(example.intake), number(example.created, 8)]);

// The envelope.
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const pair = await suite.kem.generateKeyPairDerand(epoch_seed);
const public_key = Buffer.from(await suite.kem.serializePublicKey(pair.publicKey));
const epoch = sha256(public_key);
const info = Buffer.concat([text('safeq/spool/v1/dek\n'), epoch]);
const sender = await suite.createSenderContext({ recipientPublicKey: pair.publicKey, info,
    ekm: drawn_by_the_kem });
const enc = Buffer.from(sender.enc);
const sealed_key = Buffer.from(await sender.seal(document_key, fixed));
const opened = await suite.open({ recipientKey: pair.privateKey, enc, info }, sealed_key, fixed);
if (!document_key.equals(Buffer.from(opened))) throw new Error('the envelope does not open');

// The body.
const derived = hkdf_expand_sha512(document_key, Buffer.concat([text('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM'), times(0, 1),
    salt, text('safeq/spool/v1/ctx\n'), fixed]), 76);
const key = derived.subarray(0, 32), base_nonce = derived.subarray(32, 44), commitment = derived.subarray(44);
const cipher = createCipheriv('aes-256-gcm', key, base_nonce);
const chunk = Buffer.concat([cipher.update(example.plaintext), cipher.final(), cipher.getAuthTag()]);

// The signature.
const intake_key = signer(intake_seed);
const signed = Buffer.concat([text('safeq/spool/v1/sig\n'), number(fixed.length, 4), fixed, salt, commitment]);
const signature = sign(null, signed, intake_key);
if (!verify(null, signed, createPublicKey(intake_key), signature)) throw new Error('the signature does not verify');

const file = Buffer.concat([text('safeq/spool\n'), fixed, epoch, enc, sealed_key, signature, salt, commitment, chunk]);
const pin = sha256(text('safeq/spool/v1/pin\n'), salt, commitment, number(file.length, 8));

say('intake', public_half(intake_key));
say('fixed', fixed.toString('hex'));
say('epoch', epoch.toString('hex'));
say('sealed key', sealed_key.toString('hex'));
say('chunk key', key.toString('hex'));
say('base nonce', base_nonce.toString('hex'));
say('commitment', commitment.toString('hex'));
say('signature', signature.toString('hex'));
say('chunk', chunk.toString('hex'));
say('file', file);
say('pin', pin.toString('hex'));

// The list, by C2SP's signed note: the id of a key is the beginning of SHA-256 of name, line feed, 1 and key.
const list_key = signer(list_seed), list_name = 'safeq/epochs', list_public = public_half(list_key);
const key_id = sha256(text(`${list_name}\n`), number(1, 1), list_public).subarray(0, 4);
const list = `safeq/spool/v1/epochs
tenant ${example.tenant}
sequence 1700000000000
issued 2023-11-14T22:13:20.000Z
expires 2023-11-16T22:13:20.000Z
key rotating 2023-11-14T22:13:20.000Z 2023-11-15T22:13:20.000Z ${public_key.toString('base64')}
`;
const note = `${list}\n\u2014 ${list_name} ${Buffer.concat([key_id, sign(null, text(list), list_key)]).toString('base64')}\n`;
say('list key', `${list_name}+${key_id.toString('hex')}+${Buffer.concat([number(1, 1), list_public]).toString('base64')}`);
say('list', text(note));

// The seeds: AES-256-KWP (RFC 5649), whose initial value node wants to be told.
const table = Buffer.concat([number(1, 8), number(1, 4),
    epoch, uuid(example.tenant), number(example.created, 8), number(example.created + 86_400_000, 8), number(0, 1), epoch_seed,
    number(1, 4), times(8, 32), uuid(example.tenant), number(example.created - 1, 8)]);
const wrap = createCipheriv('id-aes256-wrap-pad', times(7, 32), Buffer.from('a65959a6', 'hex'));
say('table', table.toString('hex'));
say('seeds', Buffer.concat([text('safeq/epochs/v1\n'), wrap.update(table), wrap.final()]).toString('hex'));
