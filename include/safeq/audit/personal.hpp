// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <safeq/audit/record.hpp>
#include <safeq/crypto/aead.hpp>

namespace safeq::audit {

/// The key under which everything personal about one subject is sealed, in logs and in databases. Destroying it erases
/// all of that, and no log changes.
using SubjectKey = crypto::Key<32, struct SubjectKeyTag>;

/// Where subject keys are had. *Threads*: implementations are safe from several threads.
class SubjectKeys {
public:
    virtual ~SubjectKeys() = default;

    /// *Errors*: `key_destroyed` when the person's data was erased; `key_unknown`; `unavailable`.
    [[nodiscard]] virtual Result<SubjectKey> key(SubjectId subject) = 0;

protected:
    SubjectKeys() = default;
    SubjectKeys(const SubjectKeys&) = default;
    SubjectKeys& operator=(const SubjectKeys&) = default;
};

/// What a personal field of a record is bound to: it opens nowhere else.
struct PersonalContext {
    std::string_view origin;  ///< the log's
    RecordId record;
};

/// Seals `text` for a record: AES-256-GCM, random nonce first. At most 4096 bytes of valid UTF-8; a title is given as
/// it came, and made safe where it is shown. *Secrets*: the length leaks. *Errors*: `invalid_utf8`, `too_large`.
[[nodiscard]] Result<SealedField> seal_personal(const SubjectKey& key, const PersonalContext& context,
                                                SubjectId subject, std::string_view name, std::string_view text,
                                                Random& random);

/// *Errors*: `truncated`, `authentication_failed`, `invalid_utf8`.
[[nodiscard]] Result<std::string> open_personal(const SubjectKey& key, const PersonalContext& context,
                                                const SealedField& sealed);

/// The same for other places than records: a database row. `associated` says exactly where; never the same as that of
/// another place.
[[nodiscard]] Bytes seal_under(const SubjectKey& key, crypto::Plaintext text, crypto::Associated associated,
                               Random& random);
/// *Errors*: `truncated`, `authentication_failed`.
[[nodiscard]] Result<Bytes> open_under(const SubjectKey& key, ByteView sealed, crypto::Associated associated);

}  // namespace safeq::audit
