// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <safeq/core/bytes.hpp>
#include <safeq/crypto/hpke.hpp>
#include <safeq/crypto/sign.hpp>
#include <safeq/crypto/signed_note.hpp>
#include <safeq/spool/intakes.hpp>
#include <safeq/store/key_folder.hpp>
#include <safeq/tls/credentials.hpp>
#include <safeq/tls/expiry.hpp>

#include "config/read_files.hpp"

namespace safeq::daemon {

/// A small text file, whole. *Errors*: `not_found`, `permission`, `too_large`, `io_failed`, each naming the file.
[[nodiscard]] Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes = 1024 * 1024);

/// The same of a file that is in effect as the options are; it is added to `files`, where that is given.
[[nodiscard]] Result<std::string> read_text(const std::filesystem::path& path, ReadFiles* files,
                                            std::size_t max_bytes = 1024 * 1024);

/// Writes a file with the given rights, whole or not at all.
[[nodiscard]] Result<void> write_text(const std::filesystem::path& path, std::string_view text, unsigned mode);

/// A 32-byte key from a key folder. *Errors*: those of `KeyFolder::read`, `key_invalid`, each naming the file.
[[nodiscard]] Result<crypto::SigningKey> read_signing_key(const store::KeyFolder& keys, std::string_view name);
[[nodiscard]] Result<crypto::XwingPrivateKey> read_xwing_key(const store::KeyFolder& keys, std::string_view name);
template <class Key>
[[nodiscard]] Result<Key> read_key(const store::KeyFolder& keys, std::string_view name) {
    SAFEQ_TRY(const crypto::Secret secret, keys.read(name));
    auto key = Key::from(secret.expose());
    if (!key) return fail(Errc::key_invalid, (keys.path() / name).string(), "not a key of its kind");
    return key;
}

/// A note key's text file. *Errors*: as `read_text` and `NoteKey::parse`.
[[nodiscard]] Result<crypto::NoteKey> read_note_key(const std::filesystem::path& path, ReadFiles* files = nullptr);

/// Reads `intakes_public` into the table. *Errors*: as `read_text`; `malformed`.
[[nodiscard]] Result<void> load_intakes(const std::filesystem::path& file, spool::IntakeTable& intakes,
                                        ReadFiles* files = nullptr);

/// What a daemon proves itself with, and whom it trusts, of its `tls` folder: cert.pem and key.pem (or key.uri, which
/// names a key in a PKCS#11 token; or, for both, cert.p12 with cert.password), ca.pem and crl.pem.
struct TlsFiles {
    std::shared_ptr<const tls::Credentials> credentials;
    std::shared_ptr<const tls::TrustAnchors> anchors;
    std::vector<tls::Ending> endings;  ///< of the certificates and the revocation list
    std::filesystem::path own_file;    ///< where the certificate is

    /// The certificate of the chain that the revocation list names; null where it names none.
    [[nodiscard]] const tls::Certificate* revoked() const;
};
[[nodiscard]] Result<TlsFiles> read_tls(const std::filesystem::path& folder, ReadFiles* files = nullptr);

}  // namespace safeq::daemon
