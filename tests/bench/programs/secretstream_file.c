/* SPDX-License-Identifier: Apache-2.0
 * secretstream_file IN OUT: the same work by libsodium's secretstream, in pieces of 64 KiB, as its documentation shows.
 */
#include <sodium.h>
#include <stdio.h>

enum { piece_bytes = 64 * 1024 };

int main(int argc, char** argv) {
    static unsigned char plain[piece_bytes], sealed[piece_bytes + crypto_secretstream_xchacha20poly1305_ABYTES];
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    unsigned char header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    crypto_secretstream_xchacha20poly1305_state state;
    FILE *in, *out;
    int last;

    if (argc != 3 || sodium_init() < 0) return 2;
    in = fopen(argv[1], "rb");
    out = fopen(argv[2], "wb");
    if (in == NULL || out == NULL) return 1;
    crypto_secretstream_xchacha20poly1305_keygen(key);
    crypto_secretstream_xchacha20poly1305_init_push(&state, header, key);
    if (fwrite(header, 1, sizeof header, out) != sizeof header) return 1;
    do {
        unsigned long long length;
        const size_t n = fread(plain, 1, sizeof plain, in);
        last = feof(in);
        crypto_secretstream_xchacha20poly1305_push(&state, sealed, &length, plain, n, NULL, 0,
                                                   last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
        if (fwrite(sealed, 1, (size_t)length, out) != length) return 1;
    } while (!last);
    return fclose(out) != 0;
}
