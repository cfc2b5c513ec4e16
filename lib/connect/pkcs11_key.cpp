// SPDX-License-Identifier: Apache-2.0
#include <safeq/connect/pkcs11_key.hpp>

#include <algorithm>
#include <array>
#include <mutex>

#include "pkcs11_module.hpp"

namespace safeq::connect {
namespace {

// The DER of the named curves (RFC 5480), and how long the order of each is.
struct Curve {
    std::string_view oid_hex;
    std::size_t order_bytes;
};
constexpr std::array curves{Curve{"06082a8648ce3d030107", 32}, Curve{"06052b81040022", 48}};
constexpr std::size_t most_bytes = 48;
constexpr std::array<std::size_t, 3> digests{32, 48, 64};

Result<void> done(CK_RV code, std::string_view what) {
    if (code != CKR_OK) return std::unexpected(module_error(code, what));
    return {};
}

}  // namespace

struct Pkcs11Key::Impl {
    Modules modules;
    Modules::Slot slot;
    CK_SESSION_HANDLE session = 0;
    CK_OBJECT_HANDLE key = 0;
    std::size_t order_bytes = 0;
    std::mutex mutex;

    Impl(Modules modules_in, const Modules::Slot& slot_in, CK_SESSION_HANDLE session_in) noexcept
        : modules{std::move(modules_in)}, slot{slot_in}, session{session_in} {}
    ~Impl() { slot.module->C_CloseSession(session); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] Result<void> find(std::string name) {
        CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
        CK_KEY_TYPE type = CKK_EC;
        CK_BBOOL token = CK_TRUE;
        std::array search{attribute(CKA_CLASS, kind), attribute(CKA_KEY_TYPE, type), attribute(CKA_TOKEN, token),
                          attribute(CKA_LABEL, name)};
        SAFEQ_TRY_VOID(done(slot.module->C_FindObjectsInit(session, search.data(), search.size()), "PKCS#11 search"));
        std::array<CK_OBJECT_HANDLE, 2> found{};
        CK_ULONG count = 0;
        const CK_RV code = slot.module->C_FindObjects(session, found.data(), found.size(), &count);
        slot.module->C_FindObjectsFinal(session);
        SAFEQ_TRY_VOID(done(code, "PKCS#11 search"));
        if (count == 0) return fail(Errc::key_unknown, name, "the token has no such private key on a curve");
        if (count > 1) return fail(Errc::duplicate, name, "the token has several such keys");
        key = found.front();
        return {};
    }

    [[nodiscard]] Result<void> look_at(std::string_view name) {
        CK_BBOOL sensitive = CK_FALSE;
        CK_BBOOL extractable = CK_TRUE;
        std::array<std::byte, 64> curve{};
        std::array wanted{attribute(CKA_SENSITIVE, sensitive), attribute(CKA_EXTRACTABLE, extractable),
                          attribute(CKA_EC_PARAMS, curve)};
        SAFEQ_TRY_VOID(done(slot.module->C_GetAttributeValue(session, key, wanted.data(), wanted.size()), name));
        if (sensitive != CK_TRUE || extractable != CK_FALSE)
            return fail(Errc::unsupported, std::string{name}, "this key could leave the token");
        const std::string oid =
            to_hex(ByteView{curve}.first(std::min<std::size_t>(wanted[2].ulValueLen, curve.size())));
        const auto known = std::ranges::find(curves, oid, &Curve::oid_hex);
        if (known == curves.end()) return fail(Errc::unsupported, std::string{name}, "neither on P-256 nor on P-384");
        order_bytes = known->order_bytes;
        return {};
    }
};

Pkcs11Key::Pkcs11Key(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
Pkcs11Key::~Pkcs11Key() = default;

Result<std::shared_ptr<const Pkcs11Key>> Pkcs11Key::open(std::string_view uri) {
    SAFEQ_TRY(const TokenUri parsed, TokenUri::parse(uri, "safeq tls"));
    SAFEQ_TRY(const std::optional<crypto::Secret> pin, parsed.pin());
    SAFEQ_TRY(Modules modules, Modules::load(parsed));
    SAFEQ_TRY(const Modules::Slot slot, modules.find(parsed));
    SAFEQ_TRY(const CK_SESSION_HANDLE session, open_session(slot, pin, 0));
    auto impl = std::make_unique<Impl>(std::move(modules), slot, session);
    SAFEQ_TRY_VOID(impl->find(parsed.object()));
    SAFEQ_TRY_VOID(impl->look_at(parsed.object()));
    return std::shared_ptr<const Pkcs11Key>{new Pkcs11Key{std::move(impl)}};
}

Result<Bytes> Pkcs11Key::sign(ByteView digest) const {
    if (std::ranges::find(digests, digest.size()) == digests.end())
        return fail(Errc::invalid_argument, "PKCS#11 signature", "expected a digest of 32, 48 or 64 bytes");
    const std::scoped_lock lock{impl_->mutex};
    // Not every module takes the leading bits by itself.
    const ByteView leading = digest.first(std::min(digest.size(), impl_->order_bytes));
    CK_MECHANISM how{CKM_ECDSA, nullptr, 0};
    SAFEQ_TRY_VOID(done(impl_->slot.module->C_SignInit(impl_->session, &how, impl_->key), "PKCS#11 signature"));
    Bytes signature(2 * most_bytes);
    CK_ULONG size = signature.size();
    SAFEQ_TRY_VOID(done(impl_->slot.module->C_Sign(impl_->session, in(leading), leading.size(), out(signature), &size),
                        "PKCS#11 signature"));
    if (size != 2 * impl_->order_bytes)
        return fail(Errc::unavailable, "PKCS#11 signature", "a signature of another length");
    signature.resize(size);
    return signature;
}

}  // namespace safeq::connect
